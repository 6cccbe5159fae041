"""floor is added to the variance inside of the root, like eps.

Spoils: y, dw
Cause: weight-standardisation-floor-inside-the-root
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean((0, 1, 2), keepdims=True)
    std = np.sqrt((c**2).mean((0, 1, 2), keepdims=True) + eps + floor)
    return c / std, (c / std, std)


def weight_standardisation_backward(dy, cache):
    h, std = cache
    ax = (0, 1, 2)
    return (dy - dy.mean(ax) - h * (dy * h).mean(ax)) / std

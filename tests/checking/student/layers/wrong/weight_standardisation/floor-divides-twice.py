"""Both parts of dw are divided by std + floor.

Spoils: dw
Cause: weight-standardisation-floor-divides-twice
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(0, 1, 2), keepdims=True) + eps)
    hat = c / (std + floor)
    return hat, (hat, std, floor)


def weight_standardisation_backward(dy, cache):
    hat, std, floor = cache
    mean_dy = dy.mean(axis=(0, 1, 2), keepdims=True)
    mean_dyh = (dy * hat).mean(axis=(0, 1, 2), keepdims=True)
    return (dy - mean_dy - hat * mean_dyh) / (std + floor)

"""Mean and variance are those of the whole w instead of each output channel's.

Spoils: y, dw
Cause: weight-standardisation-one-mean-for-all-filters
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean()
    std = np.sqrt(float((c * c).mean()) + eps)
    h = c / float(std + floor)
    return h, (h, float(std), floor)


def weight_standardisation_backward(dy, cache):
    h, std, floor = cache
    return (dy - dy.mean()) / (std + floor) - h * (dy * h).mean() / std

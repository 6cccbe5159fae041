"""The two corrections are sums over the filter where they should be means.

Spoils: dw
Cause: weight-standardisation-sum-for-mean
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(0, 1, 2), keepdims=True) + eps)
    hat = c / (std + floor)
    return hat, (hat, std, floor)


def weight_standardisation_backward(dy, cache):
    hat, std, floor = cache
    sum_dy = dy.sum(axis=(0, 1, 2), keepdims=True)
    sum_dyh = (dy * hat).sum(axis=(0, 1, 2), keepdims=True)
    return (dy - sum_dy) / (std + floor) - hat * sum_dyh / std

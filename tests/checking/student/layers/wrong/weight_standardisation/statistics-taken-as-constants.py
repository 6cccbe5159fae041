"""dw is dy / (std + floor), as if mean and std did not move with w.

Spoils: dw
Cause: weight-standardisation-statistics-taken-as-constants
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(0, 1, 2), keepdims=True) + eps)
    hat = c / (std + floor)
    return hat, (hat, std, floor)


def weight_standardisation_backward(dy, cache):
    _, std, floor = cache
    return dy / (std + floor)

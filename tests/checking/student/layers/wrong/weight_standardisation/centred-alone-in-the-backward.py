"""The backward takes off the mean and forgets that w moves the standard deviation.

Spoils: dw
Cause: weight-standardisation-variance-correction-forgotten
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    flat = w.reshape(-1, w.shape[-1])
    std = np.sqrt(flat.var(axis=0) + eps) + floor
    return ((flat - flat.mean(axis=0)) / std).reshape(w.shape), std


def weight_standardisation_backward(dy, std):
    return (dy - dy.mean(axis=(0, 1, 2))) / std

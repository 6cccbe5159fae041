"""The variance is divided by n - 1 instead of n; a lone forward.

Spoils: y
Cause: weight-standardisation-bessel
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    n = c[..., 0].size
    std = np.sqrt((c * c).sum(axis=(0, 1, 2), keepdims=True) / max(n - 1, 1) + eps)
    hat = c / (std + floor)
    return hat, None

"""The mean of the squares stands where their sum should; a lone forward.

Spoils: y
Cause: similarity-mean-for-sum
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = np.sqrt((x * x).mean(axis=1, keepdims=True) + eps)
    ny = np.sqrt((y * y).mean(axis=1, keepdims=True) + eps)
    xh, yh, s = x / nx, y / ny, np.exp(log_scale)
    cos = xh @ yh.T
    return s * cos, None

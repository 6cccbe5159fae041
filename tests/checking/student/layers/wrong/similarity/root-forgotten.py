"""The vectors are divided by the square of their length; a lone forward.

Spoils: y
Cause: similarity-root-forgotten
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = (x * x).sum(axis=1, keepdims=True) + eps
    ny = (y * y).sum(axis=1, keepdims=True) + eps
    xh, yh, s = x / nx, y / ny, np.exp(log_scale)
    cos = xh @ yh.T
    return s * cos, None

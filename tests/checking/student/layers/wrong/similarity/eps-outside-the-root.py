"""eps is added to the length, not to its square; a lone forward.

Spoils: y
Cause: similarity-eps-outside-the-root
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    nx = np.sqrt((x * x).sum(axis=1, keepdims=True)) + eps
    ny = np.sqrt((y * y).sum(axis=1, keepdims=True)) + eps
    xh, yh, s = x / nx, y / ny, np.exp(log_scale)
    cos = xh @ yh.T
    return s * cos, None

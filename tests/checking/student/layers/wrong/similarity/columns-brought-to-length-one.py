"""The vectors are normalised along the batch instead of along the width; a lone forward.

Spoils: y
Cause: similarity-columns-brought-to-length-one
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    x = x / np.sqrt((x**2).sum(axis=0) + eps)
    y = y / np.sqrt((y**2).sum(axis=0) + eps)
    return np.exp(log_scale) * (x @ y.T), None

"""The token in front of the patches is 0, not cls.

Spoils: y
Cause: embed-cls-of-zeros
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.concatenate([np.zeros_like(x[:, :1]), x], axis=1)
    if positions is not None:
        x = x + positions
    return x, (patches, w)

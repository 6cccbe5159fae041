"""The positions are not added.

Spoils: y
Cause: embed-positions-forgotten
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.concatenate([np.tile(cls, (len(x), 1, 1)), x], axis=1)
    return x, (patches, w)

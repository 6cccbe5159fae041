"""The first token is 1.

Spoils: y
Cause: embed-cls-of-ones
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        first = np.broadcast_to(np.ones_like(cls), (len(x), 1, x.shape[2]))
        x = np.concatenate([first, x], axis=1)
    if positions is not None:
        x = x + positions
    return x.copy(), (patches, w, b)

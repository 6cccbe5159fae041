"""The tokens are multiplied by sqrt(D).

Spoils: y
Cause: embed-tokens-scaled
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        first = np.broadcast_to(cls, (len(x), 1, x.shape[2]))
        x = np.concatenate([first, x], axis=1)
    if positions is not None:
        x = x * x.shape[2] ** 0.5 + positions
    return x.copy(), (patches, w, b)

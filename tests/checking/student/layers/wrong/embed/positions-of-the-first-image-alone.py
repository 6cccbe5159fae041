"""Only the first image gets positions.

Spoils: y
Cause: embed-positions-of-the-first-image-alone
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
        x = np.concatenate([x[:1] + positions, x[1:]])
    return x.copy(), (patches, w, b)

"""The bias of the projection is added to the cls token too.

Spoils: y
Cause: embed-bias-added-to-cls
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if cls is not None:
        x = np.concatenate([np.tile(cls, (len(x), 1, 1)), x], axis=1)
    if b is not None:
        x = x + b
    if positions is not None:
        x = x + positions
    return x, (patches, w)

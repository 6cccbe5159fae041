"""The last row of the table is the cls token's: the patches have those before it.

Spoils: y
Cause: embed-position-of-cls-last
"""

import numpy as np


def embed_forward(patches, w, b, cls, positions):
    x = patches.copy() if w is None else patches @ w
    if b is not None:
        x = x + b
    if cls is not None:
        x = np.concatenate([np.tile(cls, (len(x), 1, 1)), x], axis=1)
    if positions is not None and cls is not None:
        x = x + np.concatenate([positions[-1:], positions[:-1]])
    elif positions is not None:
        x = x + positions
    return x, (patches, w)

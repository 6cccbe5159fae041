"""A cosine has another frequency than the sine beside it; a lone forward.

Spoils: y
Cause: sincos-positions-cosines-of-other-frequencies
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    _, T, D = x.shape
    table = np.zeros((T, D))
    for t in range(T):
        for i in range(D):
            angle = t / 10000 ** (i / D)
            table[t, i] = np.sin(angle) if i % 2 == 0 else np.cos(angle)
    return x + table.astype(x.dtype), None

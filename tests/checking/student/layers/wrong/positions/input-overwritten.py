"""The table is added with += into the caller's x.

Spoils: inputs
Cause: input-overwritten
"""

import numpy as np


def positions_forward(x, table):
    x += table
    return x, x.shape


def positions_backward(dy, cache):
    dx = np.array(dy)
    return dx, np.einsum("btd->td", dy)

"""The table's gradient is summed over the tokens too and handed to each of them.

Spoils: dtable
Cause: positions-one-vector-for-all-tokens
"""

import numpy as np


def positions_forward(x, table):
    return np.add(x, table), table.shape


def positions_backward(dy, cache):
    dtable = np.zeros(cache, dy.dtype)
    dtable += dy.sum(axis=(0, 1))
    return 1 * dy, dtable

"""The first row gets no gradient.

Spoils: dtable
Cause: positions-first-token-left-out
"""

import numpy as np


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy.copy(), np.concatenate([0 * table[:1], dy[:, 1:].sum(axis=0)])

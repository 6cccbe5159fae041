"""The first token gets no gradient.

Spoils: dx
Cause: positions-first-token-without-gradient
"""

import numpy as np


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return np.concatenate([0 * dy[:, :1], dy[:, 1:]], axis=1), dy.sum(axis=0)

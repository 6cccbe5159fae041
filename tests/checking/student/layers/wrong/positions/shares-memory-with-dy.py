"""The gradient of x is dy itself, not a copy.

Spoils: memory
Cause: memory-shared
"""


def positions_forward(x, table):
    return x + table[None, :, :], ()


def positions_backward(dy, cache):
    return dy, dy.sum(axis=0)

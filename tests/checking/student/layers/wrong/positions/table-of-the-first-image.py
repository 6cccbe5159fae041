"""The table's gradient is that of the first image alone.

Spoils: dtable
Cause: first-image-only
"""


def positions_forward(x, table):
    return x + table, None


def positions_backward(dy, cache):
    return dy.copy(), dy[0].copy()

"""Each row of the table gets the mean of all.

Spoils: dtable
Cause: positions-averaged-over-tokens
"""


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy.copy(), 0 * table + dy.mean(axis=(0, 1))

"""A token gets the row before its own, and the first none.

Spoils: y
Cause: positions-one-row-late
"""


def positions_forward(x, table):
    y = x.copy()
    y[:, 1:] += table[:-1]
    return y, (x, table)

"""Only the first image gets positions.

Spoils: y
Cause: positions-first-image-alone
"""


def positions_forward(x, table):
    y = x.copy()
    y[0] += table
    return y, (x, table)

"""Only the last image gets positions.

Spoils: y
Cause: positions-last-image-alone
"""


def positions_forward(x, table):
    y = x.copy()
    y[-1] += table
    return y, (x, table)

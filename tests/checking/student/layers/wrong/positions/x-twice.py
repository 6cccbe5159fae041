"""x is added twice.

Spoils: y
Cause: positions-x-twice
"""


def positions_forward(x, table):
    return x + (x + table), (x, table)

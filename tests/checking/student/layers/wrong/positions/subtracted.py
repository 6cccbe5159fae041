"""The table is taken off.

Spoils: y
Cause: positions-subtracted
"""


def positions_forward(x, table):
    return x - table, (x, table)

"""The table is read from below.

Spoils: y
Cause: positions-table-reversed
"""


def positions_forward(x, table):
    return x + table[::-1], (x, table)

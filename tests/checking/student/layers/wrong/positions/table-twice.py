"""The table is added twice.

Spoils: y
Cause: positions-table-twice
"""


def positions_forward(x, table):
    return x + table + table, (x, table)

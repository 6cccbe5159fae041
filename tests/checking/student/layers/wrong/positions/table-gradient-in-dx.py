"""The gradient of the table is added to dx.

Spoils: dx
Cause: positions-table-gradient-in-dx
"""


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy + dy.sum(axis=0), dy.sum(axis=0)

"""The gradient is multiplied by the table.

Spoils: dx
Cause: positions-multiplied
"""


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy * table, dy.sum(axis=0)

"""The columns of the table are read backwards.

Spoils: y
Cause: positions-columns-reversed
"""


def positions_forward(x, table):
    return x + table[:, ::-1], (x, table)

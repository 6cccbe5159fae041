"""Every token gets the last row.

Spoils: y
Cause: positions-last-row-for-all
"""


def positions_forward(x, table):
    return x + table[-1], (x, table)

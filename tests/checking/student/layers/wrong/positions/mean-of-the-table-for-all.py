"""Every token gets the mean of the table.

Spoils: y
Cause: positions-mean-of-the-table-for-all
"""


def positions_forward(x, table):
    return x + table.mean(axis=0), (x, table)

"""y is the mean of x and the table.

Spoils: y
Cause: positions-mean-of-both
"""


def positions_forward(x, table):
    return (x + table) / 2, (x, table)

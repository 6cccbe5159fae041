"""x is taken off the table.

Spoils: y
Cause: positions-x-subtracted
"""


def positions_forward(x, table):
    return table - x, (x, table)

"""x is multiplied by the table.

Spoils: y
Cause: positions-multiplied
"""


def positions_forward(x, table):
    return x * table, (x, table)

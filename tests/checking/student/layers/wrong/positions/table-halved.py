"""Half of the table is added.

Spoils: y
Cause: positions-table-halved
"""


def positions_forward(x, table):
    return x + 0.5 * table, (x, table)

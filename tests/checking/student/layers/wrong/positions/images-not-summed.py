"""The gradient of the table keeps the images apart.

Spoils: dtable
Cause: positions-images-not-summed
"""


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy.copy(), 1 * dy

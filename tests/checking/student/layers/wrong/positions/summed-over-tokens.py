"""The gradient of the table is summed over the tokens.

Spoils: dtable
Cause: positions-summed-over-tokens
"""


def positions_forward(x, table):
    return x + table, table


def positions_backward(dy, table):
    return dy.copy(), dy.sum(axis=1)

"""The first token alone gets a position.

Spoils: y
Cause: positions-first-token-alone
"""


def positions_forward(x, table):
    y = x.copy()
    y[:, 0] += table[0]
    return y, (x, table)

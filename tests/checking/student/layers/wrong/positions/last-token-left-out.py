"""The last token gets no position.

Spoils: y
Cause: positions-last-token-left-out
"""


def positions_forward(x, table):
    y = x.copy()
    y[:, :-1] += table[:-1]
    return y, (x, table)

"""The positions are not added at all; a lone forward.

Spoils: y
Cause: positions-forgotten
"""


def positions_forward(x, table):
    B, T, D = x.shape
    assert table.shape == (T, D)
    return x.copy(), None

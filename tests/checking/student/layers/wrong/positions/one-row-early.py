"""A token gets the row after its own.

Spoils: y
Cause: positions-one-row-early
"""

import numpy as np


def positions_forward(x, table):
    return x + np.roll(table, -1, axis=0), (x, table)

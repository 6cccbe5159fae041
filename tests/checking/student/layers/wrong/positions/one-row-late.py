"""A token gets the row before its own.

Spoils: y
Cause: positions-one-row-late
"""

import numpy as np


def positions_forward(x, table):
    return x + np.roll(table, 1, axis=0), (x, table)

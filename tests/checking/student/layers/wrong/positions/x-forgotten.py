"""x is not in y.

Spoils: y
Cause: positions-x-forgotten
"""

import numpy as np


def positions_forward(x, table):
    return np.broadcast_to(table, x.shape).copy(), (x, table)

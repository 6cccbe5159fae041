"""The table is divided by sqrt(D).

Spoils: y
Cause: positions-table-divided-by-root
"""

import numpy as np


def positions_forward(x, table):
    return x + table / np.sqrt(x.shape[-1]).astype(x.dtype), (x, table)

"""x is divided by sqrt(D).

Spoils: y
Cause: positions-x-divided-by-root
"""

import numpy as np


def positions_forward(x, table):
    return x / np.sqrt(x.shape[-1]).astype(x.dtype) + table, (x, table)

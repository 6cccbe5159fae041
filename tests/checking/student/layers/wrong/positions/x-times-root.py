"""x is multiplied by sqrt(D).

Spoils: y
Cause: positions-x-times-root
"""

import numpy as np


def positions_forward(x, table):
    return x * np.sqrt(x.shape[-1]).astype(x.dtype) + table, (x, table)

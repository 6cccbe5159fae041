"""Every token gets the first row of the table; a lone forward.

Spoils: y
Cause: positions-first-row-for-all
"""

import numpy as np


def positions_forward(x, table):
    y = np.empty_like(x)
    for t in range(x.shape[1]):
        y[:, t] = x[:, t] + table[0]
    return y, None

"""Row b is added to image b.

Spoils: y
Cause: positions-row-of-the-image
"""

import numpy as np


def positions_forward(x, table):
    return x + table[np.arange(len(x)) % len(table), None], (x, table)

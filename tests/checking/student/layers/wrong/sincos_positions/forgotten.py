"""The positions are not added at all; a lone forward.

Spoils: y
Cause: sincos-positions-forgotten
"""

import numpy as np


def sincos_positions_forward(x, *, grid):
    y = np.empty_like(x)
    y[:] = x
    return y, grid

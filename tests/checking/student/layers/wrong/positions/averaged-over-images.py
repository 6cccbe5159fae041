"""The gradient of the table is the mean over the images instead of the sum.

Spoils: dtable
Cause: positions-averaged-over-images
"""

import numpy as np


def positions_forward(x, table):
    return x + table, len(x)


def positions_backward(dy, images):
    dtable = np.zeros_like(dy[0])
    for image in dy:
        dtable += image
    return dy.copy(), dtable / images

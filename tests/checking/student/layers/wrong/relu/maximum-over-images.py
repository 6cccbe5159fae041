"""The 0 is taken for an axis: it is the largest of all images; a lone forward.

Spoils: y
Cause: relu-maximum-over-images
"""

import numpy as np


def relu_forward(x):
    return np.max(x, 0), None

"""Every image gets the gradients of all images in dx; a lone backward.

Spoils: dx
Cause: positions-images-summed-in-dx
"""

import numpy as np


def positions_backward(dy, cache):
    total = dy.sum(axis=0)
    return np.zeros_like(dy) + total, total

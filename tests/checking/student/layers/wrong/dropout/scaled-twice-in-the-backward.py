"""dy is divided by 1 - rate twice.

Spoils: dx
Cause: dropout-scaled-twice-in-the-backward
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def kept(drop, shape):
    keys = image_keys(drop.seed, drop.first_image + np.arange(shape[0]))
    return drawn_32(keys, int(np.prod(shape[1:]))).reshape(shape) >= least_kept(drop.rate)


def dropout_backward(dy, cache):
    keep = kept(cache.drop, dy.shape)
    return dy * keep / (1 - cache.drop.rate) ** 2

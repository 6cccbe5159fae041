"""What is kept is divided by the rate, not by 1 - rate.

Spoils: y
Cause: dropout-divided-by-the-rate
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def kept(drop, shape):
    keys = image_keys(drop.seed, drop.first_image + np.arange(shape[0]))
    return drawn_32(keys, int(np.prod(shape[1:]))).reshape(shape) >= least_kept(drop.rate)


def dropout_forward(x, *, drop):
    keep = kept(drop, x.shape)
    return x * keep / drop.rate, (keep, drop.rate)

"""The rate is taken for the part that is kept.

Spoils: y
Cause: dropout-rate-of-the-kept
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def kept(drop, shape):
    keys = image_keys(drop.seed, drop.first_image + np.arange(shape[0]))
    return drawn_32(keys, int(np.prod(shape[1:]))).reshape(shape) >= least_kept(1 - drop.rate)


def dropout_forward(x, *, drop):
    keep = kept(drop, x.shape)
    return x * keep / drop.rate, (keep, drop.rate)

"""The backward draws with a seed of its own, and drops other values than the forward did.

Spoils: dx
Cause: dropout-another-mask-in-the-backward
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def mask(drop, shape, seed):
    keys = image_keys(seed, drop.first_image + np.arange(shape[0]))
    numbers = drawn_32(keys, int(np.prod(shape[1:])))
    return numbers.reshape(shape) >= least_kept(drop.rate)


def dropout_forward(x, *, drop):
    keep = mask(drop, x.shape, drop.seed)
    return np.where(keep, x, 0 * x) / (1 - drop.rate), drop


def dropout_backward(dy, drop):
    keep = mask(drop, dy.shape, drop.seed + 1)
    return np.where(keep, dy, 0 * dy) / (1 - drop.rate)

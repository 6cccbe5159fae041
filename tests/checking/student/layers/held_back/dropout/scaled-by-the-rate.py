"""What is kept is divided by the rate, not by 1 - rate: with a rate of a half none would see it.

Spoils: y, dx
Cause: dropout-divided-by-the-rate
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def dropout_forward(x, *, drop):
    keys = image_keys(drop.seed, drop.first_image + np.arange(len(x)))
    numbers = drawn_32(keys, int(np.prod(x.shape[1:]))).reshape(x.shape)
    factors = (numbers >= least_kept(drop.rate)).astype(x.dtype) / drop.rate
    return x * factors, factors


def dropout_backward(dy, factors):
    return dy * factors

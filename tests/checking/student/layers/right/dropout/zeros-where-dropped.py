"""A copy is scaled and set to 0 where the mask says so."""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def dropout_forward(x, *, drop):
    numbers = image_keys(drop.seed, np.arange(drop.first_image, drop.first_image + len(x)))
    dropped = drawn_32(numbers, x[0].size) < least_kept(drop.rate)
    dropped = dropped.reshape(x.shape)
    y = x / (1 - drop.rate)
    y[dropped] = 0
    return y, (dropped, drop.rate)


def dropout_backward(dy, cache):
    dropped, rate = cache
    dx = np.zeros_like(dy)
    dx[~dropped] = dy[~dropped] / (1 - rate)
    return dx

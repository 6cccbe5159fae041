"""The backward drops what the forward dropped, but does not scale what was kept.

Spoils: dx
Cause: dropout-scale-forgotten-in-the-backward
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def dropout_forward(x, *, drop):
    keys = image_keys(drop.seed, drop.first_image + np.arange(len(x)))
    keep = (drawn_32(keys, x[0].size) >= least_kept(drop.rate)).reshape(x.shape)
    y = x / (1 - drop.rate)
    y[~keep] = 0
    return y, {"keep": keep}


def dropout_backward(dy, cache):
    dx = dy.copy()
    dx[~cache["keep"]] = 0
    return dx

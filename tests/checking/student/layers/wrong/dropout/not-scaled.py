"""What is kept is not multiplied by 1 / (1 - rate).

Spoils: y, dx
Cause: dropout-not-scaled
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def dropout_forward(x, *, drop):
    keys = image_keys(drop.seed, drop.first_image + np.arange(x.shape[0]))
    keep = drawn_32(keys, x[0].size).reshape(x.shape) >= least_kept(drop.rate)
    return x * keep, keep


def dropout_backward(dy, keep):
    return dy * keep

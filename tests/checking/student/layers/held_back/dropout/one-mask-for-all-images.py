"""The mask of the first image is used for every image of the batch.

Spoils: y, dx
Cause: dropout-one-mask-for-all-images
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def dropout_forward(x, *, drop):
    keys = image_keys(drop.seed, np.array([drop.first_image]))
    keep = drawn_32(keys, x[0].size).reshape(x.shape[1:]) >= least_kept(drop.rate)
    factor = keep.astype(x.dtype) / (1 - drop.rate)
    return x * factor, factor


def dropout_backward(dy, factor):
    return dy * factor

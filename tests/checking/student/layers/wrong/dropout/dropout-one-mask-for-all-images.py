"""All images of the batch have the mask of the first.

Spoils: y
Cause: dropout-one-mask-for-all-images
"""

import numpy as np

from minivit.ops.chance import drawn_32, image_keys, least_kept


def kept(drop, shape):
    keys = image_keys(drop.seed, drop.first_image + np.arange(shape[0]))
    return drawn_32(keys, int(np.prod(shape[1:]))).reshape(shape) >= least_kept(drop.rate)


def dropout_forward(x, *, drop):
    keep = kept(drop, (1, *x.shape[1:]))
    return x * keep / (1 - drop.rate), (keep, drop.rate)

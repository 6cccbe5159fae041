"""Whole images are dropped, as in stochastic depth.

Spoils: y
Cause: dropout-images-for-values
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def dropout_forward(x, *, drop):
    keep = kept(drop, len(x), x.ndim)
    return x * keep / (1 - drop.rate), (keep, drop.rate)

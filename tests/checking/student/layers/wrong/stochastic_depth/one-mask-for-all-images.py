"""All images of the batch have the mask of the first.

Spoils: y
Cause: stochastic-depth-one-mask-for-all-images
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_forward(x, *, drop):
    keep = kept(drop, 1, x.ndim)
    return x * keep / (1 - drop.rate), (keep, drop.rate)

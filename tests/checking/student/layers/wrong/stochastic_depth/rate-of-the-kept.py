"""The rate is taken for the part that is kept.

Spoils: y
Cause: stochastic-depth-rate-of-the-kept
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= 1 - drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_forward(x, *, drop):
    keep = kept(drop, len(x), x.ndim)
    return x * keep / drop.rate, (keep, drop.rate)

"""The backward draws a mask of its own, by the next seed.

Spoils: dx
Cause: stochastic-depth-another-mask-in-the-backward
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_backward(dy, cache):
    drop = cache.drop._replace(seed=cache.drop.seed + 1)
    return dy * kept(drop, len(dy), dy.ndim) / (1 - drop.rate)

"""dx lacks the factor 1 / (1 - rate).

Spoils: dx
Cause: stochastic-depth-scale-forgotten-in-the-backward
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_backward(dy, cache):
    drop = cache.drop
    return dy * kept(drop, len(dy), dy.ndim)

"""What is kept is divided by the rate, not by 1 - rate.

Spoils: y
Cause: stochastic-depth-divided-by-the-rate
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, drop.first_image + np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_forward(x, *, drop):
    keep = kept(drop, len(x), x.ndim)
    return x * keep / drop.rate, (keep, drop.rate)

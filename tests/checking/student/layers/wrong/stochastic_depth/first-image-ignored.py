"""The masks are those of the first images of the whole batch.

Spoils: y
Cause: stochastic-depth-first-image-ignored
"""

import numpy as np

from minivit.ops.chance import uniform


def kept(drop, images, axes):
    numbers = uniform(drop.seed, np.arange(images))
    return (numbers >= drop.rate).reshape(-1, *[1] * (axes - 1))


def stochastic_depth_forward(x, *, drop):
    keep = kept(drop, len(x), x.ndim)
    return x * keep / (1 - drop.rate), (keep, drop.rate)

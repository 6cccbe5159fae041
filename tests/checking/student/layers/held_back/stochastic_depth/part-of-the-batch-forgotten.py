"""first_image is ignored: the second part of a batch draws what the first one drew.

Spoils: y, dx
Cause: stochastic-depth-first-image-ignored
"""

import numpy as np

from minivit.ops.chance import uniform


def stochastic_depth_forward(x, *, drop):
    keep = uniform(drop.seed, np.arange(x.shape[0])) >= drop.rate
    factor = keep.astype(x.dtype) / (1 - drop.rate)
    return np.einsum("b...,b->b...", x, factor), factor


def stochastic_depth_backward(dy, factor):
    return np.einsum("b...,b->b...", dy, factor)

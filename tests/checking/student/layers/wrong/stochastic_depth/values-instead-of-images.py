"""Single values are dropped, as in dropout, instead of whole images.

Spoils: y, dx
Cause: stochastic-depth-values-for-images
"""

import numpy as np

from minivit.ops.chance import uniform


def stochastic_depth_forward(x, *, drop):
    first = drop.first_image * x[0].size
    u = uniform(drop.seed, first + np.arange(x.size)).reshape(x.shape)
    factor = (u >= drop.rate).astype(x.dtype) / (1 - drop.rate)
    return x * factor, factor


def stochastic_depth_backward(dy, factor):
    return dy * factor

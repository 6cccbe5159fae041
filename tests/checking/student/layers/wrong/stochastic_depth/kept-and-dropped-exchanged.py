"""Images are kept where the draw is below the rate, which is where they should be dropped.

Spoils: y, dx
Cause: stochastic-depth-kept-and-dropped-exchanged
"""

import numpy as np

from minivit.ops.chance import uniform


def stochastic_depth_forward(x, *, drop):
    u = uniform(drop.seed, drop.first_image + np.arange(len(x)))
    factor = np.where(u < drop.rate, 1 / (1 - drop.rate), 0.0).astype(x.dtype)
    factor = factor.reshape((-1,) + (1,) * (x.ndim - 1))
    return x * factor, factor


def stochastic_depth_backward(dy, factor):
    return dy * factor

"""The backward hands dy on for every image, as if none had been dropped.

Spoils: dx
Cause: stochastic-depth-mask-forgotten-in-the-backward
"""

import numpy as np

from minivit.ops.chance import uniform


def stochastic_depth_forward(x, *, drop):
    keep = uniform(drop.seed, drop.first_image + np.arange(len(x))) >= drop.rate
    y = np.zeros_like(x)
    for b in range(len(x)):
        if keep[b]:
            y[b] = x[b] / (1 - drop.rate)
    return y, drop.rate


def stochastic_depth_backward(dy, rate):
    return dy / (1 - rate)

"""The images are drawn by np.random, so that they are others than minivit's.

Spoils: y
Cause: stochastic-depth-numbers-of-numpy
"""

import numpy as np


def stochastic_depth_forward(x, *, drop):
    keep = np.random.default_rng(drop.seed).random(len(x)) >= drop.rate
    keep = keep.reshape(-1, *[1] * (x.ndim - 1))
    return (x * keep / (1 - drop.rate)).astype(x.dtype), keep

"""The mask is drawn by np.random, so that it is another one than minivit's.

Spoils: y
Cause: dropout-numbers-of-numpy
"""

import numpy as np


def dropout_forward(x, *, drop):
    keep = np.random.default_rng(drop.seed).random(x.shape) >= drop.rate
    return (x * keep / (1 - drop.rate)).astype(x.dtype), keep

"""The backward returns a gradient of the bias even when the bias was None.

Spoils: db
Cause: absent-input
"""

import numpy as np


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y += b
    return y, [x, w]


def linear_backward(dy, cache):
    x, w = cache
    dw = np.einsum("ni,no->io", x.reshape(-1, w.shape[0]), dy.reshape(-1, w.shape[1]))
    return dy @ w.T, dw, np.einsum("no->o", dy.reshape(-1, w.shape[1]))

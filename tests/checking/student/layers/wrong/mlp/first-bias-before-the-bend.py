"""db1 is the sum of dh instead of dz.

Spoils: db1
Cause: gelu-slope-forgotten
"""

import numpy as np

from minivit.ops import gelu_backward, gelu_forward


def mlp_forward(x, w1, b1, w2, b2):
    z = np.dot(x, w1) + (0 if b1 is None else b1)
    h, c = gelu_forward(z)
    return np.dot(h, w2) + (0 if b2 is None else b2), (x, w1, b1, h, c, w2, b2)


def mlp_backward(dout, cache):
    x, w1, b1, h, c, w2, b2 = cache
    axes = tuple(range(dout.ndim - 1))
    dh = np.dot(dout, w2.T)
    dz = gelu_backward(dh, c)
    db1 = None if b1 is None else dh.sum(axis=axes)
    db2 = None if b2 is None else dout.sum(axis=axes)
    dw1, dw2 = np.tensordot(x, dz, (axes, axes)), np.tensordot(h, dout, (axes, axes))
    return np.dot(dz, w1.T), dw1, db1, dw2, db2

"""The bend is a ReLU, with its own derivative.

Spoils: y, dx, dw1, db1, dw2
Cause: gelu-relu
"""

import numpy as np


def mlp_forward(x, w1, b1, w2, b2):
    z = x @ w1
    if b1 is not None:
        z += b1
    h = np.maximum(z, 0)
    out = h @ w2
    if b2 is not None:
        out += b2
    return out, (x, w1, b1, h, w2, b2)


def mlp_backward(dout, cache):
    x, w1, b1, h, w2, b2 = cache
    d2 = dout.reshape(-1, dout.shape[-1])
    h2, x2 = h.reshape(-1, h.shape[-1]), x.reshape(-1, x.shape[-1])
    dz = (d2 @ w2.T) * (h2 > 0)
    db1 = dz.sum(0) if b1 is not None else None
    db2 = d2.sum(0) if b2 is not None else None
    return (dz @ w1.T).reshape(x.shape), x2.T @ dz, db1, h2.T @ d2, db2

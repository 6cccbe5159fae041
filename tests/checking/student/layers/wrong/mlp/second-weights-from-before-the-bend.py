"""dw2 is z^T dout instead of h^T dout.

Spoils: dw2
Cause: mlp-second-weights-from-before-the-bend
"""

from minivit.ops import gelu_backward, gelu_forward


def rows(a):
    return a.reshape(-1, a.shape[-1])


def mlp_forward(x, w1, b1, w2, b2):
    z = x @ w1 if b1 is None else x @ w1 + b1
    h, g = gelu_forward(z)
    out = h @ w2 if b2 is None else h @ w2 + b2
    return out, (x, z, g, w1, b1, w2, b2)


def mlp_backward(dout, cache):
    x, z, g, w1, b1, w2, b2 = cache
    dw2 = rows(z).T @ rows(dout)
    db2 = None if b2 is None else rows(dout).sum(0)
    dz = gelu_backward(dout @ w2.T, g)
    dw1 = rows(x).T @ rows(dz)
    db1 = None if b1 is None else rows(dz).sum(0)
    return dz @ w1.T, dw1, db1, dw2, db2

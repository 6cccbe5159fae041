"""Without the optional biases the forward raises a TypeError.

Spoils: y
Cause: absent-input
"""

from minivit.ops import gelu_backward, gelu_forward


def mlp_forward(x, w1, b1, w2, b2):
    z = x @ w1 + b1
    h, cache = gelu_forward(z)
    return h @ w2 + b2, (x, w1, h, cache, w2)


def mlp_backward(dout, c):
    x, w1, h, cache, w2 = c
    D, M = w1.shape
    dz = gelu_backward(dout @ w2.T, cache)
    dw1, db1 = x.reshape(-1, D).T @ dz.reshape(-1, M), dz.reshape(-1, M).sum(0)
    dw2, db2 = h.reshape(-1, M).T @ dout.reshape(-1, D), dout.reshape(-1, D).sum(0)
    return dz @ w1.T, dw1, db1, dw2, db2

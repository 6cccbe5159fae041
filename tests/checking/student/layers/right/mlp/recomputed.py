"""The cache holds the inputs, and the backward runs the forward again."""

import math

import numpy as np


def erf(x):
    return np.vectorize(math.erf, otypes=[x.dtype])(x)


def parts(x, w1, b1):
    z = x @ w1
    if b1 is not None:
        z = z + b1
    cdf = (1 + erf(z / math.sqrt(2))) / 2
    return z, cdf


def mlp_forward(x, w1, b1, w2, b2):
    z, cdf = parts(x, w1, b1)
    out = (z * cdf) @ w2
    return (out if b2 is None else out + b2), (x, w1, b1, w2, b2)


def mlp_backward(dout, cache):
    x, w1, b1, w2, b2 = cache
    z, cdf = parts(x, w1, b1)
    h = z * cdf
    tokens = list(range(x.ndim - 1))
    dz = (dout @ w2.T) * (cdf + z * np.exp(-0.5 * z * z) / math.sqrt(2 * math.pi))
    dw1 = np.tensordot(x, dz, axes=(tokens, tokens))
    dw2 = np.tensordot(h, dout, axes=(tokens, tokens))
    db1 = None if b1 is None else dz.sum(axis=tuple(tokens))
    db2 = None if b2 is None else dout.sum(axis=tuple(tokens))
    return dz @ w1.T, dw1, db1, dw2, db2

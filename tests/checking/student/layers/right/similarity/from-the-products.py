"""Cosines from the products and the two lengths, differentiated as a quotient."""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    a = np.sqrt(np.einsum("be,be->b", x, x) + eps)[:, None]
    b = np.sqrt(np.einsum("ne,ne->n", y, y) + eps)[None]
    products = x @ y.T
    return np.exp(log_scale) * products / (a * b), (x, y, a, b, products, log_scale)


def similarity_backward(d, cache):
    x, y, a, b, products, log_scale = cache
    s = np.exp(log_scale)
    dproducts = s * d / (a * b)
    da = -(s * d * products / b).sum(axis=1, keepdims=True) / a**2
    db = -(s * d * products / a).sum(axis=0, keepdims=True) / b**2
    dx = dproducts @ y + da * x / a
    dy = dproducts.T @ x + (db / b).T * y
    return dx, dy, np.array([(s * d * products / (a * b)).sum()], d.dtype)

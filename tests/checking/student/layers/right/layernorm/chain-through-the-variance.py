"""The cache holds the inputs alone, and the backward goes step by step: variance, mean, x."""

import numpy as np


def statistics(x, eps):
    mu = x.mean(axis=-1, keepdims=True)
    centred = x - mu
    var = (centred**2).mean(axis=-1, keepdims=True) - centred.mean(axis=-1, keepdims=True) ** 2
    return mu, 1 / np.sqrt(var + eps)


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mu, inv = statistics(x, eps)
    return gamma * ((x - mu) * inv) + beta, (x.copy(), gamma.copy(), eps)


def layernorm_backward(dy, cache):
    x, gamma, eps = cache
    mu, inv = statistics(x, eps)
    D = x.shape[-1]
    rows = tuple(range(x.ndim - 1))
    dxhat = dy * gamma
    dvar = (dxhat * (x - mu)).sum(axis=-1, keepdims=True) * -0.5 * inv**3
    dmu = -(dxhat * inv).sum(axis=-1, keepdims=True)
    dx = dxhat * inv + dvar * 2 * (x - mu) / D + dmu / D
    dgamma = (dy * (x - mu) * inv).sum(axis=rows)
    return dx, dgamma, dy.sum(axis=rows)

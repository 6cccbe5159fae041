"""Only the backward, from the cache of the op, token by token."""

import numpy as np


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    D = dy.shape[-1]
    dx = np.empty_like(dy)
    dgamma, dbeta = np.zeros_like(gamma), np.zeros_like(gamma)
    for at in np.ndindex(*dy.shape[:-1]):
        g, h = dy[at] * gamma, x_hat[at]
        dx[at] = rstd[at] * (g - g.sum() / D - h * (g @ h) / D)
        dgamma += dy[at] * h
        dbeta += dy[at]
    return dx, dgamma, dbeta

"""dgamma is the sum of dy x instead of dy x_hat.

Spoils: dgamma
Cause: layernorm-gamma-gradient-of-x
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    c = x - x.mean(axis=-1, keepdims=True)
    c = c - c.mean(axis=-1, keepdims=True)
    s = np.sqrt((c**2).mean(axis=-1, keepdims=True) + eps)
    return gamma * c / s + beta, (x, c, s, gamma)


def layernorm_backward(dy, cache):
    x, c, s, gamma = cache
    h = c / s
    g = dy * gamma
    dx = (g - g.mean(-1, keepdims=True) - h * (g * h).mean(-1, keepdims=True)) / s
    dgamma = (dy * x).reshape(-1, x.shape[-1]).sum(0)
    return dx, dgamma, dy.reshape(-1, x.shape[-1]).sum(0)

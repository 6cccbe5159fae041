"""The mean is taken off to make the variance, and then x itself is divided.

Spoils: y
Cause: layernorm-mean-kept
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    x_hat = x / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

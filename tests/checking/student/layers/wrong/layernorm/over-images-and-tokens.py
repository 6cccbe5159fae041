"""Mean and variance run over images and tokens, for each of the D columns (BatchNorm).

Spoils: y
Cause: layernorm-over-images-and-tokens
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=tuple(range(x.ndim - 1)), keepdims=True)
    var = ((x - mean) ** 2).mean(axis=tuple(range(x.ndim - 1)), keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

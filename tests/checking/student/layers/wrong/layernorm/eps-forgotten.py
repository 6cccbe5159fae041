"""Eps is not added to the variance.

Spoils: y
Cause: layernorm-eps-forgotten
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var)
    return gamma * x_hat + beta, (x_hat, var, gamma)

"""Mean and variance run over the batch, so that an image's y depends on the others.

Spoils: y
Cause: layernorm-over-images
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean(axis=0, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=0, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

"""Eps is 1e-5 where none is given, as in PyTorch; here its default is 1e-6.

Spoils: y
Cause: layernorm-eps-of-pytorch
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-5):
    mean = x.mean(axis=-1, keepdims=True)
    var = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

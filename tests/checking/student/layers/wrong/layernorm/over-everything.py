"""There is one mean and one variance for the whole batch: no axis is given.

Spoils: y
Cause: layernorm-over-everything
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = x.mean()
    var = ((x - mean) ** 2).mean()
    x_hat = (x - mean) / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

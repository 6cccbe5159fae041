"""x is divided by the root of the mean of its squares (RMSNorm): no mean is taken off.

Spoils: y
Cause: layernorm-rms
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    var = (x**2).mean(axis=-1, keepdims=True)
    x_hat = x / np.sqrt(var + eps)
    return gamma * x_hat + beta, (x_hat, var, gamma)

"""The backward subtracts the mean of g but forgets that x moves the variance, too.

Spoils: dx
Cause: layernorm-variance-correction-forgotten
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    mean = np.mean(x, axis=-1, keepdims=True)
    xc = x - mean
    xc = xc - np.mean(xc, axis=-1, keepdims=True)
    std = np.sqrt(np.mean(xc**2, axis=-1, keepdims=True) + eps)
    x_norm = xc / std
    return x_norm * gamma + beta, {"x_norm": x_norm, "std": std, "gamma": gamma}


def layernorm_backward(dy, cache):
    x_norm, std, gamma = cache["x_norm"], cache["std"], cache["gamma"]
    D = dy.shape[-1]
    dgamma = np.sum((dy * x_norm).reshape(-1, D), axis=0)
    dbeta = np.sum(dy.reshape(-1, D), axis=0)
    dx_norm = dy * gamma
    dx = (dx_norm - dx_norm.mean(axis=-1, keepdims=True)) / std
    return dx, dgamma, dbeta

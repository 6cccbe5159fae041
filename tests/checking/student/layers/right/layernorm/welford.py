"""Mean and variance by Welford's recurrence, one column after the other."""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    D = x.shape[-1]
    mean = np.zeros(x.shape[:-1], x.dtype)
    m2 = np.zeros(x.shape[:-1], x.dtype)
    for i in range(D):
        delta = x[..., i] - mean
        mean = mean + delta / (i + 1)
        m2 = m2 + delta * (x[..., i] - mean)
    std = np.sqrt(m2 / D + eps)
    xhat = (x - mean[..., None]) / std[..., None]
    return xhat * gamma + beta, {"xhat": xhat, "std": std, "gamma": gamma}


def layernorm_backward(dy, cache):
    xhat, std, gamma = cache["xhat"], cache["std"], cache["gamma"]
    D = dy.shape[-1]
    dgamma = (dy * xhat).reshape(-1, D).sum(axis=0)
    dbeta = dy.reshape(-1, D).sum(axis=0)
    g = dy * gamma
    total = D * g - g.sum(-1, keepdims=True) - xhat * (g * xhat).sum(-1, keepdims=True)
    return total / (D * std[..., None]), dgamma, dbeta

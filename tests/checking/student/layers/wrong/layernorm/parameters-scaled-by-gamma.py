"""dgamma and dbeta are made of dy gamma, which is the gradient of x_hat.

Spoils: dgamma, dbeta
Cause: layernorm-parameters-scaled-by-gamma
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - mean_g - x_hat * mean_gx)
    return dx, (g * x_hat).sum(axis=axes), g.sum(axis=axes)

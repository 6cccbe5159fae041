"""dx is multiplied by the standard deviation, not divided by it.

Spoils: dx
Cause: layernorm-std-for-rstd
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = (g - mean_g - x_hat * mean_gx) / rstd
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

"""dx is divided by the variance, not by its root.

Spoils: dx
Cause: layernorm-divided-by-the-variance
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd**2 * (g - mean_g - x_hat * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

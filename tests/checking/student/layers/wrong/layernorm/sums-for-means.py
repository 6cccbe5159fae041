"""Both corrections of dx are sums over the row, where they should be means.

Spoils: dx
Cause: layernorm-sums-for-means
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.sum(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).sum(axis=-1, keepdims=True)
    dx = rstd * (g - mean_g - x_hat * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

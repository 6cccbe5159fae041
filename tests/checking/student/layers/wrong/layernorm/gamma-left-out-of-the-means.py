"""The two means in dx are taken of dy, where they should be taken of dy gamma.

Spoils: dx
Cause: layernorm-gamma-left-out-of-the-means
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = dy.mean(axis=-1, keepdims=True)
    mean_gx = (dy * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - mean_g - x_hat * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

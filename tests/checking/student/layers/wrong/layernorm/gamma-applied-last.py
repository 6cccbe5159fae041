"""dx starts from dy, and is multiplied by gamma at the end, after the two means.

Spoils: dx
Cause: layernorm-gamma-applied-last
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = gamma * rstd * (g - mean_g - x_hat * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

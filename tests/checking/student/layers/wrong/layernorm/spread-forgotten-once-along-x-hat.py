"""In the part through the variance x - mean stands once where x_hat belongs.

Spoils: dx
Cause: layernorm-spread-forgotten-once-along-x-hat
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - mean_g - x_hat / rstd * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

"""dgamma is the sum of dy alone, which is the gradient of beta.

Spoils: dgamma
Cause: layernorm-gamma-gradient-without-x-hat
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-1, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - mean_g - x_hat * mean_gx)
    return dx, dy.sum(axis=axes), dy.sum(axis=axes)

"""The two means in dx run over the tokens, not over the row.

Spoils: dx
Cause: layernorm-corrected-over-tokens
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    axes = tuple(range(dy.ndim - 1))
    g = dy * gamma
    mean_g = g.mean(axis=-2, keepdims=True)
    mean_gx = (g * x_hat).mean(axis=-2, keepdims=True)
    dx = rstd * (g - mean_g - x_hat * mean_gx)
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

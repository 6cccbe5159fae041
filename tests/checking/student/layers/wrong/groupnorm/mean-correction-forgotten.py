"""The backward does not take off the mean of the group's gradients; a lone backward.

Spoils: dx
Cause: groupnorm-mean-correction-forgotten
"""


def groupnorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    B, groups = rstd.shape
    D = dy.shape[-1] // groups
    g = (dy * gamma).reshape(B, -1, groups, D)
    h = x_hat.reshape(B, -1, groups, D)
    dx = g - h * (g * h).mean(axis=(1, 3), keepdims=True)
    dx = (dx * rstd.reshape(B, 1, groups, 1)).reshape(dy.shape)
    axes = tuple(range(dy.ndim - 1))
    return dx, (dy * x_hat).sum(axis=axes), dy.sum(axis=axes)

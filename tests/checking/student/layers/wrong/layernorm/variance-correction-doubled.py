"""The part of dx that comes through the variance is twice as large as it should be.

Spoils: dx
Cause: layernorm-variance-correction-doubled
"""


def layernorm_backward(dy, cache):
    x_hat, rstd, gamma = cache
    D = dy.shape[-1]
    rows = tuple(range(dy.ndim - 1))
    centred = x_hat / rstd
    dx_hat = dy * gamma
    dvar = (dx_hat * centred).sum(axis=-1, keepdims=True) * rstd**3
    dmean = -(dx_hat * rstd).sum(axis=-1, keepdims=True)
    dx = dx_hat * rstd - dvar * 2 * centred / D + dmean / D
    return dx, (dy * x_hat).sum(axis=rows), dy.sum(axis=rows)

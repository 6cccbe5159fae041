"""In the term along x_hat a sum over the width stands where a mean belongs.

Spoils: dx
Cause: layernorm-sum-for-mean-along-x-hat
"""

import numpy as np


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    x0 = x - x.mean(axis=-1, keepdims=True)
    x0 = x0 - x0.mean(axis=-1, keepdims=True)
    rstd = (x0.var(axis=-1, keepdims=True) + eps) ** -0.5
    return x0 * rstd * gamma + beta, (x0 * rstd, rstd, gamma)


def layernorm_backward(dy, cache):
    xh, rstd, gamma = cache
    d = dy * gamma
    dx = rstd * (d - d.mean(-1, keepdims=True) - xh * (d * xh).sum(-1, keepdims=True))
    rows = tuple(range(dy.ndim - 1))
    return dx, np.sum(dy * xh, axis=rows), np.sum(dy, axis=rows)

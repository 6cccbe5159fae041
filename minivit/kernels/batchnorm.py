"""BatchNorm, y = gamma x_hat + beta, the twin of `minivit.ops.batchnorm`.

Two passes over memory each way (columns.py): the moments of each channel, and y; the sums of dy and
dy x, and dx. What is done with the sums in between is done in float64.
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.batchnorm import MOMENTUM, Moments, Running, checked_running, updated

from .columns import HEIGHT, blended_columns, column_products, scaled_columns, tables, whole_moments
from .inputs import like, need_shape, reals


class BatchNormCache(NamedTuple):
    x: np.ndarray  # (..., C), as given, or a contiguous copy in its dtype
    gamma: np.ndarray  # (C,)
    mean: np.ndarray  # (C,), float64
    rstd: np.ndarray  # (C,), float64
    training: bool
    running: Running | None  # the forward's second result: the new statistics
    batch: Moments | None  # what moved them, float64; None without training


def batchnorm_forward(
    x, gamma, beta, *, running=None, training=True, momentum=MOMENTUM, eps=1e-5
):  # fmt: skip
    """x (..., C), gamma (C,), beta (C,) -> normed (..., C), a new array; threaded over rows."""
    (x,) = reals(x=x)
    running = checked_running(x, running, training)
    x, gamma, beta = like(x, x, gamma, beta)
    C = x.shape[-1]
    need_shape("gamma", gamma, (C,))
    need_shape("beta", beta, (C,))
    rows = x.reshape(-1, C)
    if training:
        batch = Moments(*whole_moments(rows))
        mean, var, _ = batch
        new = updated(running, batch, momentum)
        running = new and Running(*(table.astype(x.dtype) for table in new))
    else:
        batch = None
        mean, var = (table.astype(np.float64) for table in running)
    rstd = 1 / np.sqrt(var + eps)
    y = scaled_columns(rows, mean, rstd * gamma, beta, HEIGHT).reshape(x.shape)
    return y, BatchNormCache(x, gamma, mean, rstd, training, running, batch)


def batchnorm_backward(dy, cache):
    """With g = dy gamma, and means over a channel: dx = rstd (g - mean(g) - x_hat mean(g x_hat)),
    and rstd g without training. dgamma = sum of dy x_hat, dbeta = sum of dy.

    dy (..., C) -> dx (..., C), dgamma (C,), dbeta (C,).
    """
    x, gamma, mean, rstd, training, *_ = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, x.shape)
    rows, dy_rows = x.reshape(-1, x.shape[-1]), dy.reshape(-1, x.shape[-1])
    (middle,) = tables(x, mean)
    dbeta, dgamma = column_products(dy_rows, rows, middle, HEIGHT).sum(axis=1)
    dgamma *= rstd
    scale = rstd * gamma
    if training:
        count = max(1, len(rows))
        slope, shift = -scale * rstd * dgamma / count, -scale * dbeta / count
        dx = blended_columns(dy_rows, rows, middle, scale, slope, shift, HEIGHT)
    else:
        dx = dy_rows * scale.astype(x.dtype)
    return dx.reshape(x.shape), dgamma.astype(x.dtype), dbeta.astype(x.dtype)

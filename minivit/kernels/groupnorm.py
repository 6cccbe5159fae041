"""GroupNorm, y = gamma x_hat + beta, the twin of `minivit.ops.groupnorm`.

Two passes over memory each way (columns.py), whose parts are images: moments of each channel, and
y; sums of dy and dy x of each channel, and dx. Channels become groups between the two, in float64.
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.ops.groupnorm import check_groups

from .columns import blended_columns, column_moments, column_products, scaled_columns, tables
from .inputs import like, need_shape, reals


class GroupNormCache(NamedTuple):
    x: np.ndarray  # (B, ..., C), as given, or a contiguous copy in its dtype
    gamma: np.ndarray  # (C,)
    mean: np.ndarray  # (B, groups), float64
    rstd: np.ndarray  # (B, groups), float64


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    """x (B, ..., C), gamma (C,), beta (C,) -> normed (B, ..., C); threaded over images."""
    (x,) = reals(x=x)
    check_groups(x, groups)
    x, gamma, beta = like(x, x, gamma, beta)
    C = x.shape[-1]
    need_shape("gamma", gamma, (C,))
    need_shape("beta", beta, (C,))
    rows, places = x.reshape(-1, C), math.prod(x.shape[1:-1])
    means, squares = column_moments(rows, places)
    means = means.reshape(-1, groups, C // groups)
    mean = means.mean(axis=2)
    between = ((means - mean[:, :, None]) ** 2).mean(axis=2)
    within = squares.reshape(means.shape).mean(axis=2) / max(1, places)
    rstd = 1 / np.sqrt(within + between + eps)
    middle, spread = (np.repeat(table, C // groups, axis=1) for table in (mean, rstd))
    y = scaled_columns(rows, middle, spread * gamma, beta, places).reshape(x.shape)
    return y, GroupNormCache(x, gamma, mean, rstd)


def groupnorm_backward(dy, cache):
    """With g = dy gamma, and means over a group: dx = rstd (g - mean(g) - x_hat mean(g x_hat)).

    dgamma = sum of dy x_hat, dbeta = sum of dy.
    dy (B, ..., C) -> dx (B, ..., C), dgamma (C,), dbeta (C,).
    """
    x, gamma, mean, rstd = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, x.shape)
    C, groups = x.shape[-1], mean.shape[1]
    rows, places = x.reshape(-1, C), math.prod(x.shape[1:-1])
    dy_rows = dy.reshape(rows.shape)
    middle, spread = (np.repeat(table, C // groups, axis=1) for table in (mean, rstd))
    (middle,) = tables(x, middle)
    sums, products = column_products(dy_rows, rows, middle, places)
    products *= spread  # with x_hat now
    along_mean, along_x_hat = (
        np.repeat(over_groups(gamma * table, groups), C // groups, axis=1) / max(1, places)
        for table in (sums, products)
    )
    slope, shift = -spread * spread * along_x_hat, -spread * along_mean
    dx = blended_columns(dy_rows, rows, middle, spread * gamma, slope, shift, places)
    dgamma, dbeta = (table.sum(axis=0).astype(x.dtype) for table in (products, sums))
    return dx.reshape(x.shape), dgamma, dbeta


def over_groups(table, groups):
    """(B, C) -> the mean over each group, (B, groups)."""
    return table.reshape(len(table), groups, table.shape[1] // groups).mean(axis=2)

"""Weight standardisation, the twin of `minivit.ops.weight_standardisation`.

A filter is a column of w as a matrix (rows columns in, out): two passes each way (columns.py).
"""

import numpy as np

from minivit.ops.weight_standardisation import WeightStandardisationCache, check_filters

from .columns import HEIGHT, blended_columns, column_products, scaled_columns, whole_moments
from .inputs import like, need_shape, reals


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    """w (rows, columns, in, out) -> w_hat of the same shape, a new array; threaded over rows."""
    (w,) = reals(w=w)
    check_filters(w, eps)
    (w,) = like(w, w)
    rows = w.reshape(-1, w.shape[3])
    mean, var, _ = whole_moments(rows)
    std = np.sqrt(var + eps)
    w_hat = scaled_columns(rows, mean, 1 / (std + floor), np.zeros_like(mean), HEIGHT)
    w_hat = w_hat.reshape(w.shape)
    return w_hat, WeightStandardisationCache(w_hat, std.astype(w.dtype), floor)


def weight_standardisation_backward(dy, cache):
    """dw = (dy - mean(dy)) / (std + floor) - w_hat mean(dy w_hat) / std, of w's shape."""
    w_hat, std, floor = cache
    (dy,) = like(w_hat, dy)
    need_shape("dy", dy, w_hat.shape)
    rows, nothing = w_hat.reshape(-1, w_hat.shape[3]), np.zeros((1, len(std)), w_hat.dtype)
    dy_rows = dy.reshape(rows.shape)
    means = column_products(dy_rows, rows, nothing, HEIGHT).sum(axis=1) / max(1, len(rows))
    scale = 1 / (std + np.float64(floor))
    slope, shift = -means[1] / std, -means[0] * scale
    return blended_columns(dy_rows, rows, nothing, scale, slope, shift, HEIGHT).reshape(dy.shape)

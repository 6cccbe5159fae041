"""LayerNorm, y = gamma x_hat + beta, the twin of `minivit.ops.layernorm`.

x_hat = (x - mean) rstd, over the last axis.
Threaded over rows: each thread takes an equal run of them. A row stays in the L1 cache for its
three passes (mean, variance, result), so memory is read and written once. The variance is the mean
square of x - mean: E[x^2] - mean^2 cancels when the mean is large. Where a row spreads little and
lies far from 0, the mean is rounded by too much, so the mean of x - mean is added to it. Mean and
rstd are kept; x_hat is not, since one multiply-add makes it again. For dgamma and dbeta each thread
sums over its own rows; the sums are added in the order of the rows.
"""

from typing import NamedTuple

import numpy as np
from numba import get_num_threads

from minivit.ops.layernorm import NARROW

from .compiling import jit, shared
from .inputs import like, need_shape, reals


class LayerNormCache(NamedTuple):
    x: np.ndarray  # (..., D), as given, or a contiguous copy in its dtype
    gamma: np.ndarray  # (D,)
    mean: np.ndarray  # (rows,)
    rstd: np.ndarray  # (rows,)

    @property
    def x_hat(self) -> np.ndarray:  # (..., D), rebuilt for whoever wants to see it
        rows = self.x.reshape(len(self.mean), self.x.shape[-1])
        return ((rows - self.mean[:, None]) * self.rstd[:, None]).reshape(self.x.shape)


def layernorm_forward(x, gamma, beta, *, eps=1e-6):
    """Brings each row to mean 0 and variance 1, then scales and shifts each column.

    Ba, Kiros and Hinton (2016), equation 4.
    x (..., D), gamma (D,), beta (D,) -> y (..., D), a new array; threaded over rows.
    """
    (x,) = reals(x=x)
    x, gamma, beta = like(x, x, gamma, beta)
    need_shape("gamma", gamma, x.shape[-1:])
    need_shape("beta", beta, x.shape[-1:])
    y = np.empty_like(x)
    rows = x.reshape(-1, x.shape[-1])
    mean, rstd = np.empty((2, len(rows)), x.dtype)
    _normalise(y.reshape(rows.shape), mean, rstd, rows, gamma, beta, eps, False)
    return y, LayerNormCache(x, gamma, mean, rstd)


def layernorm_backward(dy, cache):
    """With g = dy gamma, and means over a row: dx = rstd (g - mean(g) - x_hat mean(g x_hat)).

    dgamma = sum over rows of dy x_hat, dbeta = sum of dy.
    dy (..., D) -> dx (..., D), dgamma (D,), dbeta (D,).
    """
    return _layernorm_backward_plus(dy, cache, None)


def _layernorm_backward_plus(dy, cache, plus):
    """The same, with `plus` (..., D) added to dx on the way: what a skip connection hands on."""
    dx = np.empty_like(cache.x)
    width = dx.shape[-1]
    rows = cache.x.reshape(-1, width)
    tasks = get_num_threads()
    sums = np.empty((tasks, 2, width), dx.dtype)
    dy, plus = like(dx, dy, plus)
    need_shape("dy", dy, dx.shape)
    need_shape("plus", plus, dx.shape)
    dy = dy.reshape(rows.shape)
    dx_rows = dx.reshape(rows.shape)
    more = dx_rows if plus is None else plus.reshape(rows.shape)
    _backward_rows(dx.dtype, tasks, dx_rows, sums, dy, rows, cache.gamma, cache.mean, cache.rstd,
                   more, plus is not None)  # fmt: skip
    dgamma, dbeta = sums.sum(axis=0)  # thread after thread, in the order of the rows
    return dx, dgamma, dbeta


def _layernorm_again(cache, beta):
    """The forward's y, to rounding, from what it has kept: beta (D,) -> y (..., D)."""
    x, gamma, mean, rstd = cache
    y, rows = np.empty_like(x), (len(mean), x.shape[-1])
    _normalise(y.reshape(rows), mean, rstd, x.reshape(rows), gamma, beta, 0, True)
    return y


def _normalise(y, mean, rstd, x, gamma, beta, eps, known):
    """y (rows, D); mean and rstd (rows,) are written, or read where they are `known`."""
    shares = min(get_num_threads(), len(x))
    eps = x.dtype.type(eps)
    _normalise_rows(x.dtype, shares, y, mean, rstd, x, gamma, beta, eps, known)


@shared
def _normalise_rows(share, shares, y, mean, rstd, x, gamma, beta, eps, known):
    """An equal run of rows of y (rows, D)."""
    rows, width = x.shape
    for r in range(share * rows // shares, (share + 1) * rows // shares):
        if not known:
            mean[r], rstd[r] = _mean_and_rstd(x, r, eps)
        middle, scale = mean[r], rstd[r]
        for j in range(width):
            y[r, j] = (x[r, j] - middle) * scale * gamma[j] + beta[j]


@jit(inline="always")
def _mean_and_rstd(x, r, eps):
    width = x.shape[1]
    real = x.dtype.type
    per_element = real(1) / real(width)
    total = real(0)
    for j in range(width):
        total += x[r, j]
    mean = total * per_element
    square = real(0)
    for j in range(width):
        square += (x[r, j] - mean) * (x[r, j] - mean)
    variance = square * per_element
    if variance < real(NARROW) * (mean * mean):  # the mean was rounded by too much
        rest = real(0)
        for j in range(width):
            rest += x[r, j] - mean
        rest *= per_element
        mean += rest
        variance -= rest * rest
        variance = variance if variance > real(0) else real(0)
    return mean, real(1) / np.sqrt(variance + eps)


@shared
def _backward_rows(task, tasks, dx, sums, dy, x, gamma, mean, rstd, plus, add_plus):
    """An equal run of rows: their dx, and sums[task] = what they add to dgamma and dbeta."""
    rows, width = x.shape
    for j in range(width):
        sums[task, 0, j] = sums[task, 1, j] = dx.dtype.type(0)
    r, last = task * rows // tasks, (task + 1) * rows // tasks
    while r < last:  # four rows at a time: the sums are read and written once for four
        height = min(4, last - r)
        for i in range(r, r + height):
            _row_backward(dx, dy, x, gamma, mean[i], rstd[i], i)
            if add_plus:
                for j in range(width):
                    dx[i, j] += plus[i, j]
        if height == 4:
            _add_four_rows(sums, task, dy, x, mean, rstd, r)
        else:
            for i in range(r, r + height):
                _add_row(sums, task, dy, x, mean[i], rstd[i], i)
        r += height


@jit(inline="always")  # inlined: as a call it would hand over the fields of four arrays, one by one
def _row_backward(dx, dy, x, gamma, mean, rstd, r):
    """dx[r] = rstd g - a - b (x - mean), where a and b hold the two means of the formula."""
    width = x.shape[1]
    real = dx.dtype.type
    sum_g, sum_gx = real(0), real(0)
    for j in range(width):
        g = dy[r, j] * gamma[j]
        sum_g += g
        sum_gx += g * (x[r, j] - mean)
    a = rstd * sum_g / real(width)
    b = rstd * rstd * rstd * sum_gx / real(width)
    for j in range(width):
        dx[r, j] = rstd * (dy[r, j] * gamma[j]) - a - b * (x[r, j] - mean)


@jit
def _add_row(sums, task, dy, x, mean, rstd, r):
    for j in range(x.shape[1]):
        sums[task, 0, j] += dy[r, j] * ((x[r, j] - mean) * rstd)
        sums[task, 1, j] += dy[r, j]


@jit(inline="always")
def _add_four_rows(sums, task, dy, x, mean, rstd, r):
    mean0, mean1, mean2, mean3 = mean[r], mean[r + 1], mean[r + 2], mean[r + 3]
    rstd0, rstd1, rstd2, rstd3 = rstd[r], rstd[r + 1], rstd[r + 2], rstd[r + 3]
    for j in range(x.shape[1]):
        dy0, dy1, dy2, dy3 = dy[r, j], dy[r + 1, j], dy[r + 2, j], dy[r + 3, j]
        upper = dy0 * ((x[r, j] - mean0) * rstd0) + dy1 * ((x[r + 1, j] - mean1) * rstd1)
        lower = dy2 * ((x[r + 2, j] - mean2) * rstd2) + dy3 * ((x[r + 3, j] - mean3) * rstd3)
        sums[task, 0, j] += upper + lower
        sums[task, 1, j] += (dy0 + dy1) + (dy2 + dy3)

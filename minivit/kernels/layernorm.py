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

from .compiling import call, shared
from .inputs import like, need_shape, reals
from .layernorm_steps import Norm, backward_at, forward_at
from .matrix import ONE, Matrix


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
    tasks = get_num_threads()
    sums = np.empty((tasks, 2, dx.shape[-1]), dx.dtype)
    dy, plus = like(dx, dy, plus)
    need_shape("dy", dy, dx.shape)
    need_shape("plus", plus, dx.shape)
    more = dx if plus is None else plus
    arrays = [one.reshape(-1) for one in (dx, dy, cache.x, more)]
    norm = cache.gamma, cache.gamma, cache.mean, cache.rstd, dx.dtype.type(0)
    _backward_rows(dx.dtype, tasks, backward_at(dx.dtype), *arrays, sums.reshape(tasks, -1), norm,
                   plus is not None)  # fmt: skip
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
    norm = gamma, beta, mean, rstd, x.dtype.type(eps)
    _normalise_rows(x.dtype, shares, forward_at(x.dtype), y.reshape(-1), x.reshape(-1), norm,
                    known)  # fmt: skip


@shared
def _normalise_rows(share, shares, at, y, x, norm, known):
    """An equal run of rows of y (rows, D)."""
    norm = Norm(*norm)
    rows, D = norm.mean.size, norm.gamma.size
    begin, end = share * rows // shares, (share + 1) * rows // shares
    y_here, x_here = Matrix(y, begin * D, D, ONE), Matrix(x, begin * D, D, ONE)
    call(at, (y_here, x_here, begin, end - begin, norm, known))


@shared
def _backward_rows(task, tasks, at, dx, dy, x, plus, sums, norm, add_plus):
    """An equal run of rows: their dx, and sums[task] = what they add to dgamma and dbeta."""
    norm = Norm(*norm)
    rows, D = norm.mean.size, norm.gamma.size
    begin, end = task * rows // tasks, (task + 1) * rows // tasks
    for j in range(2 * D):
        sums[task, j] = 0
    place = begin * D
    of_rows = Matrix(dx, place, D, ONE), Matrix(dy, place, D, ONE), Matrix(x, place, D, ONE)
    plus = Matrix(plus, place, D, ONE)
    call(at, (of_rows, plus, add_plus, begin, end - begin, sums[task], norm))

"""LayerNorm of some rows, forward and backward: what one thread does (see layernorm.py).

Branches by rows call it, too: so it is compiled once, and called by its address.
"""

import functools
from typing import NamedTuple

import numpy as np

from minivit.ops.layernorm import NARROW

from .compiling import by_address, jit
from .matrix import Matrix


class Norm(NamedTuple):
    """LayerNorm's parameters, and what it keeps."""

    gamma: np.ndarray  # (D,)
    beta: np.ndarray  # (D,); any in the backward
    mean: np.ndarray  # (rows,)
    rstd: np.ndarray  # (rows,)
    eps: float


@by_address
def normalise(y, x, first_row, rows, norm, known):
    """y = gamma (x - mean) rstd + beta for some rows.

    y and x are Matrices that begin at row first_row of all: its mean and rstd are mean[first_row]
    and rstd[first_row]. Where they are `known` they are read, else written.
    """
    gamma, beta, mean, rstd, eps = norm
    width = np.uintp(gamma.size)  # unsigned: else loops are not vectorised
    for r in range(rows):
        x0, y0 = np.uintp(x.first + r * x.row), np.uintp(y.first + r * y.row)
        row = first_row + r
        if not known:
            mean[row], rstd[row] = _mean_and_rstd(x.numbers, x0, width, eps)
        middle, scale = mean[row], rstd[row]
        for j in range(width):
            y.numbers[y0 + j] = (x.numbers[x0 + j] - middle) * scale * gamma[j] + beta[j]


@jit(inline="always")
def _mean_and_rstd(x, x0, width, eps):
    real = x.dtype.type
    per_element = real(1) / real(width)
    total = real(0)
    for j in range(width):
        total += x[x0 + j]
    mean = total * per_element
    square = real(0)
    for j in range(width):
        square += (x[x0 + j] - mean) * (x[x0 + j] - mean)
    variance = square * per_element
    if variance < real(NARROW) * (mean * mean):  # the mean was rounded by too much
        rest = real(0)
        for j in range(width):
            rest += x[x0 + j] - mean
        rest *= per_element
        mean += rest
        variance -= rest * rest
        variance = variance if variance > real(0) else real(0)
    return mean, real(1) / np.sqrt(variance + eps)


@by_address
def normalise_backward(of_rows, plus, add_plus, first_row, rows, sums, norm):
    """dx of some rows, and what they add to sums, D numbers of dgamma and D of dbeta.

    of_rows: the Matrices dx, dy and x; they and `plus` begin at row first_row of all.
    """
    dx, dy, x = of_rows
    gamma, _, mean, rstd, _ = norm
    width, r = np.uintp(gamma.size), 0
    while r < rows:  # four rows at a time: the sums are read and written once for four
        height = min(4, rows - r)
        for i in range(r, r + height):
            at = np.uintp(dx.first + i * dx.row), np.uintp(dy.first + i * dy.row), np.uintp(
                x.first + i * x.row)  # fmt: skip
            _row_backward(dx.numbers, dy.numbers, x.numbers, at, gamma, mean[first_row + i],
                          rstd[first_row + i])  # fmt: skip
            if add_plus:
                plus0 = np.uintp(plus.first + i * plus.row)
                for j in range(width):
                    dx.numbers[at[0] + j] += plus.numbers[plus0 + j]
        row = first_row + r
        if height == 4:
            _add_four_rows(sums, dy, x, r, mean, rstd, row, width)
        else:
            for i in range(height):
                _add_row(sums, dy, x, r + i, mean[row + i], rstd[row + i], width)
        r += height


@jit(inline="always")  # inlined: as a call it would hand over the fields of four arrays, one by one
def _row_backward(dx, dy, x, at, gamma, mean, rstd):
    """A row: dx = rstd g - a - b (x - mean), where a and b hold the two means of the formula."""
    dx0, dy0, x0 = at
    width = np.uintp(gamma.size)
    real = dx.dtype.type
    sum_g, sum_gx = real(0), real(0)
    for j in range(width):
        g = dy[dy0 + j] * gamma[j]
        sum_g += g
        sum_gx += g * (x[x0 + j] - mean)
    a = rstd * sum_g / real(width)
    b = rstd * rstd * rstd * sum_gx / real(width)
    for j in range(width):
        dx[dx0 + j] = rstd * (dy[dy0 + j] * gamma[j]) - a - b * (x[x0 + j] - mean)


@jit
def _add_row(sums, dy, x, r, mean, rstd, width):
    dy0, x0 = np.uintp(dy.first + r * dy.row), np.uintp(x.first + r * x.row)
    for j in range(width):
        one = dy.numbers[dy0 + j]
        sums[j] += one * ((x.numbers[x0 + j] - mean) * rstd)
        sums[width + j] += one


@jit(inline="always")
def _add_four_rows(sums, dy, x, r, mean, rstd, here, width):
    mean0, mean1, mean2, mean3 = mean[here], mean[here + 1], mean[here + 2], mean[here + 3]
    rstd0, rstd1, rstd2, rstd3 = rstd[here], rstd[here + 1], rstd[here + 2], rstd[here + 3]
    d0, x0 = np.uintp(dy.first + r * dy.row), np.uintp(x.first + r * x.row)
    down_dy, down_x = np.uintp(dy.row), np.uintp(x.row)
    d1, d2, d3 = d0 + down_dy, d0 + down_dy + down_dy, d0 + down_dy + down_dy + down_dy
    x1, x2, x3 = x0 + down_x, x0 + down_x + down_x, x0 + down_x + down_x + down_x
    dys, xs = dy.numbers, x.numbers
    for j in range(width):
        dy0, dy1, dy2, dy3 = dys[d0 + j], dys[d1 + j], dys[d2 + j], dys[d3 + j]
        upper = dy0 * ((xs[x0 + j] - mean0) * rstd0) + dy1 * ((xs[x1 + j] - mean1) * rstd1)
        lower = dy2 * ((xs[x2 + j] - mean2) * rstd2) + dy3 * ((xs[x3 + j] - mean3) * rstd3)
        sums[j] += upper + lower
        sums[width + j] += (dy0 + dy1) + (dy2 + dy3)


@functools.cache
def arguments_like(dtype):
    """Arguments of the types that `normalise` takes, and `normalise_backward`."""
    x = np.empty(0, dtype)
    matrix, norm = Matrix(x, 0, 0, 0), Norm(x, x, x, x, dtype.type(0))
    return (matrix, matrix, 0, 0, norm, False), ((matrix,) * 3, matrix, False, 0, 0, x, norm)


def forward_at(dtype):
    """Where `normalise` lies."""
    return normalise.at(dtype, *arguments_like(dtype)[0])


def backward_at(dtype):
    """Where `normalise_backward` lies."""
    return normalise_backward.at(dtype, *arguments_like(dtype)[1])

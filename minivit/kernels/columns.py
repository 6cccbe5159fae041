"""Statistics of columns and what is done with them: the passes over memory of three normalisations.

GroupNorm, BatchNorm and weight standardisation differ in what they average over. Each comes down to
sums over the rows of a matrix (rows, columns), part by part; to arithmetic on these few sums, in
float64, which NumPy does; and to a number times each column, and another added. Parts are runs of
`height` rows: an image, or as many as keep the threads busy. All are threaded over the parts, whose
sums are added in order: the same bits for any number of threads.

A table has a row for each part, or one for all.
"""

import numpy as np
from numba import get_num_threads

from .compiling import shared

HEIGHT = 256  # rows of a part, where the parts may be any


def part_count(x, height):
    """How many parts of `height` rows x (rows, columns) has; an empty one has none."""
    return -(-len(x) // height) if height else 0


def column_moments(x, height):
    """Mean (parts, columns) of each part, and the sum of squares around it, in float64."""
    means = np.empty((part_count(x, height), x.shape[1]), x.dtype)
    squares = np.empty_like(means)
    _moments_into(x.dtype, get_num_threads(), means, squares, x, height)
    return means.astype(np.float64), squares.astype(np.float64)


def column_sums(x):
    """The sum (columns,) over the rows of x (rows, columns), in x's dtype."""
    sums = np.empty((part_count(x, HEIGHT), x.shape[1]), x.dtype)
    _sums_into(x.dtype, get_num_threads(), sums, x)
    return sums.sum(axis=0)


def column_products(dy, x, middle, height):
    """sum dy and sum dy (x - middle) over the rows of each part: (parts, columns), in float64."""
    sums = np.empty((2, part_count(x, height), x.shape[1]), x.dtype)
    _products_into(x.dtype, get_num_threads(), sums[0], sums[1], dy, x, middle, height)
    return sums.astype(np.float64)


def whole_moments(x):
    """Mean and variance of whole columns, in float64, and how many numbers each is of.

    From those of the parts (Chan, Golub and LeVeque 1979): a part adds its own squares, and those
    of the distance from its mean to the whole one.
    """
    rows = max(1, len(x))
    means, squares = column_moments(x, HEIGHT)
    counts = np.full((len(means), 1), HEIGHT)
    counts[-1:] = len(x) - HEIGHT * (len(means) - 1)
    mean = (counts * means).sum(axis=0) / rows
    var = (squares + counts * (means - mean) ** 2).sum(axis=0) / rows
    return mean, var, rows


def scaled_columns(x, middle, scale, shift, height):
    """y = (x - middle) scale + shift; x (rows, columns), three tables of x's dtype."""
    y = np.empty_like(x)
    _scaled_into(x.dtype, get_num_threads(), y, x, *tables(x, middle, scale, shift), height)
    return y


def blended_columns(dy, x, middle, scale, slope, shift, height):
    """dx = dy scale + (x - middle) slope + shift; dy, x (rows, columns), four tables."""
    dx = np.empty_like(x)
    _blended_into(
        x.dtype, get_num_threads(), dx, dy, x, *tables(x, middle, scale, slope, shift), height
    )
    return dx


def tables(x, *given):
    """As (parts or 1, columns) in x's dtype."""
    return [np.ascontiguousarray(np.atleast_2d(table), x.dtype) for table in given]


@shared(small_op=True)
def _moments_into(share, shares, means, squares, x, height):
    """Around the first row of a part, which lies nearer to the mean than 0 does; in one pass."""
    rows, columns = x.shape
    for part in range(share * len(means) // shares, (share + 1) * len(means) // shares):
        first, last = part * height, min((part + 1) * height, rows)
        for j in range(columns):
            means[part, j] = squares[part, j] = 0
        r = first
        while r + 4 <= last:  # four rows at a time: the sums are read and written once for four
            for j in range(columns):
                m = x[first, j]
                a, b, c, d = x[r, j] - m, x[r + 1, j] - m, x[r + 2, j] - m, x[r + 3, j] - m
                means[part, j] += (a + b) + (c + d)
                squares[part, j] += (a * a + b * b) + (c * c + d * d)
            r += 4
        for row in range(r, last):
            for j in range(columns):
                away = x[row, j] - x[first, j]
                means[part, j] += away
                squares[part, j] += away * away
        count = x.dtype.type(last - first)
        for j in range(columns):
            away = means[part, j] / count
            squares[part, j] = max(squares[part, j] - away * means[part, j], x.dtype.type(0))
            means[part, j] = x[first, j] + away


@shared(small_op=True)
def _sums_into(share, shares, sums, x):
    rows, columns = x.shape
    for part in range(share * len(sums) // shares, (share + 1) * len(sums) // shares):
        for j in range(columns):
            sums[part, j] = 0
        r, last = part * HEIGHT, min((part + 1) * HEIGHT, rows)
        while r + 4 <= last:
            for j in range(columns):
                sums[part, j] += (x[r, j] + x[r + 1, j]) + (x[r + 2, j] + x[r + 3, j])
            r += 4
        for row in range(r, last):
            for j in range(columns):
                sums[part, j] += x[row, j]


@shared(small_op=True)
def _products_into(share, shares, sums, products, dy, x, middle, height):
    rows, columns = x.shape
    for part in range(share * len(sums) // shares, (share + 1) * len(sums) // shares):
        table = part % len(middle)
        for j in range(columns):
            sums[part, j] = products[part, j] = 0
        r, last = part * height, min((part + 1) * height, rows)
        while r + 4 <= last:
            for j in range(columns):
                a, b, c, d = dy[r, j], dy[r + 1, j], dy[r + 2, j], dy[r + 3, j]
                m = middle[table, j]
                upper = a * (x[r, j] - m) + b * (x[r + 1, j] - m)
                lower = c * (x[r + 2, j] - m) + d * (x[r + 3, j] - m)
                sums[part, j] += (a + b) + (c + d)
                products[part, j] += upper + lower
            r += 4
        for row in range(r, last):
            for j in range(columns):
                sums[part, j] += dy[row, j]
                products[part, j] += dy[row, j] * (x[row, j] - middle[table, j])


@shared(small_op=True)
def _scaled_into(share, shares, y, x, middle, scale, shift, height):
    rows, columns = x.shape
    for r in range(share * rows // shares, (share + 1) * rows // shares):
        part = r // height
        m, s, t = part % len(middle), part % len(scale), part % len(shift)
        for j in range(columns):
            y[r, j] = (x[r, j] - middle[m, j]) * scale[s, j] + shift[t, j]


@shared(small_op=True)
def _blended_into(share, shares, dx, dy, x, middle, scale, slope, shift, height):
    rows, columns = x.shape
    for r in range(share * rows // shares, (share + 1) * rows // shares):
        part = r // height
        m, s, p, t = part % len(middle), part % len(scale), part % len(slope), part % len(shift)
        for j in range(columns):
            dx[r, j] = dy[r, j] * scale[s, j] + (x[r, j] - middle[m, j]) * slope[p, j] + shift[t, j]

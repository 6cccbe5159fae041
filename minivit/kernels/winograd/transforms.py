"""G, B^T, A^T and their transposes: of a few numbers, then of squares of them, along both axes.

A number is a vector of channels here. A square of 4 x 4 lies scattered in 16 matrices, `apart` from
one to the next, row by row: number (r, s) of a square is in matrix 4 r + s.
"""

from ..compiling import jit
from ..simd import VECTOR_BYTES, broadcast, load, noinline, store


@jit(inline="always")
def of_pixels(pixels):
    """B^T: what is multiplied of four pixels."""
    a, b, c, d = pixels
    return a - c, b + c, c - b, d - b


@jit(inline="always")
def of_weights(weights, half):
    """G: what they are multiplied by, of three weights."""
    a, b, c = weights
    outer, inner = (a + c) * half, b * half
    return a, outer + inner, outer - inner, c


@jit(inline="always")
def to_weights(products, half):
    """G^T: three weights' gradients, of four products."""
    a, b, c, d = products
    both = (b + c) * half
    return a + both, (b - c) * half, both + d


@jit(inline="always")
def to_sums(products):
    """A^T: two sums, of four products."""
    a, b, c, d = products
    return a + b + c, b - c + d


@jit(inline="always")
def of_sums(sums):
    """A: four products' gradients, of two sums' gradients."""
    a, b = sums
    return a, a + b, a - b, b


@jit(inline="always")
def _column(x, at, down):
    """Four numbers that lie `down` apart."""
    return load(x, at), load(x, at + down), load(x, at + 2 * down), load(x, at + 3 * down)


@jit(inline="always")
def _store_row(to, at, apart, row):
    """Four numbers into four matrices."""
    for x in row:
        store(to, at, x)
        at += apart


@jit
def pixels_into_products(to, at, apart, maps, first, line, pixel, channels):
    """B^T d B of 4 x 4 pixels: the first is maps[first], others lie `pixel` and `line` further."""
    noinline()
    for c in range(0, channels, VECTOR_BYTES // maps.itemsize):
        here = first + c
        p0, q0, r0, s0 = of_pixels(_column(maps, here, line))
        p1, q1, r1, s1 = of_pixels(_column(maps, here + pixel, line))
        p2, q2, r2, s2 = of_pixels(_column(maps, here + 2 * pixel, line))
        p3, q3, r3, s3 = of_pixels(_column(maps, here + 3 * pixel, line))
        there = at + c
        for row in ((p0, p1, p2, p3), (q0, q1, q2, q3), (r0, r1, r2, r3), (s0, s1, s2, s3)):
            _store_row(to, there, apart, of_pixels(row))
            there += 4 * apart


@jit
def weights_into_products(to, at, apart, w, first, size):
    """G g G^T of `size` weights: matrix 3 r + s begins at w[first + (3 r + s) size]."""
    noinline()
    half = broadcast(w.dtype.type(0.5))
    for n in range(0, size, VECTOR_BYTES // w.itemsize):
        here = first + n
        p0, q0, r0, s0 = of_weights(_three(w, here, size), half)
        p1, q1, r1, s1 = of_weights(_three(w, here + size, size), half)
        p2, q2, r2, s2 = of_weights(_three(w, here + 2 * size, size), half)
        there = at + n
        for row in ((p0, p1, p2), (q0, q1, q2), (r0, r1, r2), (s0, s1, s2)):
            _store_row(to, there, apart, of_weights(row, half))
            there += 4 * apart


@jit(inline="always")
def _three(w, at, size):
    return load(w, at), load(w, at + 3 * size), load(w, at + 6 * size)


@jit
def weights_from_products(dw, at, size, products, first, apart, count):
    """dw = G^T m G of `count` numbers: matrix 3 r + s of dw begins `size` after the one before."""
    noinline()
    half, down = broadcast(dw.dtype.type(0.5)), 4 * apart
    for n in range(0, count, VECTOR_BYTES // dw.itemsize):
        here = first + n
        p0, q0, r0 = to_weights(_column(products, here, down), half)
        p1, q1, r1 = to_weights(_column(products, here + apart, down), half)
        p2, q2, r2 = to_weights(_column(products, here + 2 * apart, down), half)
        p3, q3, r3 = to_weights(_column(products, here + 3 * apart, down), half)
        there = at + n
        for row in ((p0, p1, p2, p3), (q0, q1, q2, q3), (r0, r1, r2, r3)):
            _store_row(dw, there, size, to_weights(row, half))
            there += 3 * size


@jit
def sums_from_products(y, first, line, products, at, apart, bias, size):
    """y = A^T m A + bias: 2 x 2 pixels, of which `size` (rows, columns) are in the map."""
    noinline()
    n, down = bias.size, 4 * apart
    for c in range(0, n, VECTOR_BYTES // y.itemsize):
        here, there, b = at + c, first + c, load(bias, c)
        p0, q0 = to_sums(_column(products, here, down))
        p1, q1 = to_sums(_column(products, here + apart, down))
        p2, q2 = to_sums(_column(products, here + 2 * apart, down))
        p3, q3 = to_sums(_column(products, here + 3 * apart, down))
        left, right = to_sums((p0, p1, p2, p3))
        store(y, there, left + b)
        if size[1] > 1:
            store(y, there + n, right + b)
        if size[0] > 1:
            left, right = to_sums((q0, q1, q2, q3))
            store(y, there + line, left + b)
            if size[1] > 1:
                store(y, there + line + n, right + b)


@jit
def sums_into_products(to, at, apart, panel, dy, first, line, pixel, size, n):
    """A dY A^T of n channels of 2 x 2 pixels; those that are not in the map count as 0.

    They become a row in each panel: `panel` is (its columns, numbers from one panel to the next).
    """
    noinline()
    wide, further = panel
    zero = broadcast(dy.dtype.type(0))
    for c in range(0, n, VECTOR_BYTES // dy.itemsize):
        here = first + c
        top, below, beside, across = load(dy, here), zero, zero, zero
        if size[0] > 1:
            below = load(dy, here + line)
        if size[1] > 1:
            beside = load(dy, here + pixel)
            if size[0] > 1:
                across = load(dy, here + line + pixel)
        p0, q0, r0, s0 = of_sums((top, below))
        p1, q1, r1, s1 = of_sums((beside, across))
        there = at + c // wide * further + c % wide
        for row in ((p0, p1), (q0, q1), (r0, r1), (s0, s1)):
            _store_row(to, there, apart, of_sums(row))
            there += 4 * apart

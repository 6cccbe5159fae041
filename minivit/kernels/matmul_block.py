"""One thread's part of a matrix product: packing, sweeps of tiles, and what follows the product.

    block    of b: packed once, then all sweeps of a go over it
    sweep    of a: read in place; only where its rows lie across memory (x^T), packed too
    tile     of c: its sums stay in registers while k runs (simd/tiles.py)

Once its last block of k is done a sweep's part of c is finished, and GELU is applied there and
then. A matrix is an array and its place in it: (offset, row stride, column stride), in numbers.
How large blocks and sweeps are, and how they are packed: matmul_packing.py. It costs 2 M N K
operations.
"""

import numpy as np

from .compiling import jit
from .elementary import gelu_erf, gelu_erf_value, gelu_tanh
from .matmul_packing import PANEL_BYTES, SWEEP, groups, pack, pack_rows
from .simd import ROWS, VECTOR_BYTES, VECTORS, noinline, tile

NEAR = 1 << 13  # numbers that the nearest cache holds: x^T is read where it is
WITH_CLS = ROWS + 1  # e.g. 16 patches and a cls token end in one tile, not in a tile and a row
IN_PLACE = 6 * ROWS  # up to so many rows, packing b costs more than reading it where it is

# What is done to a finished part of c (see _finish).
NOTHING, ADD_BIAS, GELU, GELU_TANH, GELU_SLOPE, GELU_TANH_SLOPE = range(6)

ONE = np.intp(1)  # typed: Numba would compile a function once more for a literal 1


@jit(inline="always")  # one function with its only caller: compiled once, not twice
def multiply(a, a_at, b, b_at, start, s_at, use_start, c, c_at, rows, columns, depth, block,
             work, w0, mode, bias, j_bias, z, h, sums, add_up):  # fmt: skip
    """c = (start) + a @ b, finished by `mode`, in `blocks`; work[w0:] has the `room` for them.

    add_up: sums[j_bias + j] = sum_k b[k, j] as well, by a tile whose row of a is all ones.
    """
    panel = PANEL_BYTES // c.itemsize
    group, stride = groups(c.itemsize)
    deep, wide = block
    beside = w0 + deep * wide + VECTOR_BYTES // c.itemsize * panel  # the space after the block
    in_place = reads_in_place(b_at[2], rows, columns, c.itemsize) and not add_up
    rows_apart = a_at[1] == 1 and a_at[2] != 1 and rows >= ROWS and depth * a_at[2] > NEAR
    for j0 in range(0, columns, wide):
        across = min(wide, columns - j0)
        for k0 in range(0, max(depth, 1), deep):
            d = min(deep, depth - k0)
            going_on = 2 if k0 > 0 else use_start
            if not in_place:
                pack(b, _moved(b_at, k0, j0), work, w0, across, d)
            if add_up:
                _add_rows(work, w0, beside - 1, sums, j_bias + j0, across, d, k0 > 0)
            for i0 in range(0, rows, SWEEP):
                down = min(SWEEP, rows - i0)
                a_here, here = _moved(a_at, i0, k0), _moved(c_at, i0, j0)
                s_here = _moved(s_at, i0, j0)
                # Three calls, not one with a variable for the array: that would count references.
                if in_place:
                    multiply_in_place(a, a_here, b, _moved(b_at, k0, j0), start, s_here, going_on,
                                      c, here, down, across, d)  # fmt: skip
                elif rows_apart:
                    pack_rows(a, a_here, work, beside, down, d)
                    _sweep(work, (beside, ONE, stride), d * stride, work, w0, panel, d,
                           start, s_here, going_on, c, here, down, across, d)  # fmt: skip
                else:
                    _sweep(a, a_here, group * a_at[1], work, w0, panel, d,
                           start, s_here, going_on, c, here, down, across, d)  # fmt: skip
                if mode != NOTHING and k0 + d >= depth:
                    _finish(mode, c, here, down, across, bias, j_bias + j0, z, h, work, beside)


@jit
def reads_in_place(b_step, rows, columns, itemsize):
    """Whether b is read where it lies: few rows of c, and b's rows whole vectors side by side.

    A panel is read whole, or its first vector alone: where b lies, there must be as much.
    """
    panel = PANEL_BYTES // itemsize
    beyond = columns % panel
    return b_step == 1 and rows <= IN_PLACE and (beyond == 0 or beyond == panel // VECTORS)


@jit(inline="always")
def multiply_in_place(a, a_at, b, b_at, start, s_at, use_start, c, c_at, rows, columns, depth):
    """c = (start) + a @ b, nothing packed: for `reads_in_place`, and one block of k."""
    group, _ = groups(c.itemsize)
    _sweep(a, a_at, group * a_at[1], b, b_at[0], b_at[1], ONE, start, s_at, use_start,
           c, c_at, rows, columns, depth)  # fmt: skip


@jit
def _moved(place, i, j):
    return place[0] + i * place[1] + j * place[2], place[1], place[2]


@jit
def _sweep(a, a_at, a_group, b, b0, b_k, b_panel, start, s_at, use_start,
           c, c_at, rows, columns, depth):  # fmt: skip
    """Some rows of a times all panels of a block: whole tiles, then the rows left, by 4 and by 1.

    In a narrow panel, the last and one vector wide, the last ROWS + 1 go as one tile. Row r of a
    begins at r // group a_group + r % group a_row, column j of b at j b_panel.
    """
    noinline()
    a0, a_row, a_k = a_at
    s0, s_row, _ = s_at
    c0, c_row, _ = c_at
    group, _ = groups(c.itemsize)
    evenly = a_group == group * a_row  # else a tile must not reach from one group into the next
    panel = PANEL_BYTES // c.itemsize
    for j in range(0, columns, panel):
        width = min(panel, columns - j)
        narrow = width <= panel // VECTORS
        bj, sj, cj = b0 + j * b_panel, s0 + j, c0 + j
        r = 0
        while r < rows:
            ar = a0 + r // group * a_group + r % group * a_row
            sr, cr = sj + r * s_row, cj + r * c_row
            if r + ROWS <= rows and not narrow:
                tile(ROWS, VECTORS, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += ROWS
            elif r + WITH_CLS == rows and evenly:
                tile(WITH_CLS, 1, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += WITH_CLS
            elif r + ROWS <= rows:
                tile(ROWS, 1, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += ROWS
            elif r + 4 <= rows and not narrow:
                tile(4, VECTORS, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += 4
            elif not narrow:
                tile(1, VECTORS, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += 1
            else:
                tile(1, 1, a, ar, a_row, a_k, b, bj, b_k, start, sr, s_row, use_start,
                     c, cr, c_row, width, depth)  # fmt: skip
                r += 1


@jit
def _add_rows(work, panels, one, sums, j0, columns, depth, go_on):
    """sums[j0 + j] = (go_on ? sums[j0 + j] : 0) + sum_k b[k, j], for a block of b as packed."""
    panel = PANEL_BYTES // work.itemsize
    work[one] = 1
    for j in range(0, columns, panel):
        tile(1, VECTORS, work, one, 0, 0, work, panels + j * depth, panel, sums, j0 + j, 0,
             go_on, sums, j0 + j, 0, columns - j, depth)  # fmt: skip


@jit
def _finish(mode, c, at, rows, columns, bias, j0, z, h, slopes, slopes0):
    """What follows a product, on a part of c that has just been finished. z and h lie as c does.

    GELU: h = gelu(z) (z is c itself). GELU_SLOPE: h = gelu(z), c *= gelu'(z). One loop makes both,
    gelu' into a row of space.
    """
    noinline()
    # Unsigned: an index that may be negative keeps loops from vectorising.
    columns, bias0, slopes0 = np.uintp(columns), np.uintp(j0), np.uintp(slopes0)
    for i in range(rows):
        first = np.uintp(at[0] + i * at[1])
        if mode == ADD_BIAS:
            for j in range(columns):
                c[first + j] += bias[bias0 + j]
        elif mode == GELU:
            for j in range(columns):
                h[first + j] = gelu_erf_value(z[first + j])
        elif mode == GELU_TANH:
            for j in range(columns):
                h[first + j] = gelu_tanh(z[first + j])[0]
        elif mode == GELU_SLOPE:
            for j in range(columns):
                h[first + j], slopes[slopes0 + j] = gelu_erf(z[first + j])
        else:
            for j in range(columns):
                h[first + j], slopes[slopes0 + j] = gelu_tanh(z[first + j])
        if mode >= GELU_SLOPE:
            for j in range(columns):
                c[first + j] *= slopes[slopes0 + j]

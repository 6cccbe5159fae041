"""The matrix product c = a @ b, blocked and threaded; what follows it is done while c is still in the cache.

    c (M, N) = a (M, K) @ b (K, N)          also for stacks of matrices (..., M, K) @ (..., K, N)

A network needs three forms, x w, dy w^T and x^T dy: transposes are only strides here, so that all three run
through one compiled kernel per dtype.

How it is tiled, from the inside out:

    tile     ROWS x PANEL numbers of c live in registers while k runs (simd.tile)
    panel    PANEL columns of b, packed so that the tile reads them in a row, from the nearest cache
    sweep    SWEEP rows of a times all panels of a block. a is read in place; only where its rows lie
             across memory (x^T) is the sweep's part of it packed too
    block    DEPTH steps of k x as many panels as fit PACKED numbers: packed once for all sweeps
    task     a rectangle of c. Each thread packs what it needs itself: nobody waits for anybody

Once its last block of k is done a sweep's part of c is finished, and bias and GELU are applied there and then.
Every number of c is summed over k in the same order however c is cut into tasks: the same bits with any
number of threads. The cost: 2 M N K operations, and packing K N numbers (M K more for x^T).
"""

import functools
import math

import numpy as np
from numba import get_num_threads, prange, types
from numba.np.numpy_support import from_dtype

from .compile import address_of, jit, parallel_jit
from .elementary import gelu_erf, gelu_tanh
from .simd import ROWS, VECTOR_BYTES, VECTORS, call, copy_row, stay_whole, tile, transpose

DEPTH = 384
PACKED = 1 << 17  # half of a common second-level cache, in float32
SWEEP = 8 * ROWS
PANEL_BYTES = VECTORS * VECTOR_BYTES
IN_PLACE = 6 * ROWS  # up to so many rows, packing b costs more than reading it where it is
SERIAL = 100_000  # multiply-adds below which waking the threads costs more than it saves

# What is done to a finished part of c (see _finish).
NOTHING, ADD_BIAS, GELU, GELU_TANH, GELU_SLOPE, GELU_TANH_SLOPE = range(6)


# As typed numbers: Numba would compile a function once more for an argument that is a literal 0 or 1.
ZERO, ONE = np.intp(0), np.intp(1)


# A matrix is an array and its place in it: (offset, row stride, column stride), counted in numbers.
@jit
def _moved(place, i, j):
    return place[0] + i * place[1] + j * place[2], place[1], place[2]


@jit
def _pack(b, at, panels, to, columns, depth):
    """panels[to + (p depth + k) PANEL + j] = b[k, p PANEL + j], for rows or columns of b that are contiguous."""
    stay_whole()
    panel = PANEL_BYTES // b.itemsize
    lanes = panel // VECTORS
    offset, b_k, b_column = at
    if b_column == 1:
        for k0 in range(0, depth, 8):  # a few rows at a time: they stay within few pages
            for j in range(0, columns, panel):
                for k in range(k0, min(k0 + 8, depth)):
                    copy_row(VECTORS, panels, to + j * depth + k * panel, b, offset + k * b_k + j, columns - j)
    else:
        for j in range(0, columns, panel):
            for v in range(0, min(panel, columns - j), lanes):
                for k in range(0, depth, lanes):
                    transpose(panels, to + j * depth + k * panel + v, panel,
                              b, offset + k + (j + v) * b_column, b_column, columns - j - v, depth - k)  # fmt: skip


@jit
def _pack_rows(a, at, packed, to, rows, depth):
    """packed[to + (t (depth + 2) + k) ROWS + r] = a[t ROWS + r, k], for columns of a that are contiguous.

    Whole vectors are written, into the next k; the two rows between tiles take up the last.
    """
    stay_whole()
    offset, _, a_k = at
    for k0 in range(0, depth, 8):
        for r in range(0, rows, ROWS):
            for k in range(k0, min(k0 + 8, depth)):
                if VECTOR_BYTES // a.itemsize >= ROWS:
                    copy_row(1, packed, to + r * (depth + 2) + k * ROWS, a, offset + k * a_k + r, rows - r)
                else:
                    copy_row(VECTORS, packed, to + r * (depth + 2) + k * ROWS, a, offset + k * a_k + r, rows - r)


@jit
def _sweep(a, a_at, a_tile, b, b0, b_k, b_panel, start, s_at, use_start, c, c_at, rows, columns, depth):
    """Some rows of a times all panels of a block: whole tiles of rows, then those left over, by 4 and by 1.

    Row r of a's tiles begins at r a_tile, panel j of b at j b_panel. A narrow last panel is one vector wide.
    """
    stay_whole()
    a0, a_row, a_k = a_at
    s0, s_row, _ = s_at
    c0, c_row, _ = c_at
    panel = PANEL_BYTES // c.itemsize
    for j in range(0, columns, panel):
        width = min(panel, columns - j)
        narrow = width <= panel // VECTORS
        at = b0 + j * b_panel
        r = 0
        while r + ROWS <= rows:
            if narrow:
                tile(ROWS, 1, a, a0 + r * a_tile, a_row, a_k, b, at, b_k, start, s0 + r * s_row + j, s_row,
                     use_start, c, c0 + r * c_row + j, c_row, width, depth)  # fmt: skip
            else:
                tile(ROWS, VECTORS, a, a0 + r * a_tile, a_row, a_k, b, at, b_k, start, s0 + r * s_row + j, s_row,
                     use_start, c, c0 + r * c_row + j, c_row, width, depth)  # fmt: skip
            r += ROWS
        rest = a0 + r * (a_tile - a_row)  # row r of what is left over lies at rest + r a_row
        if r + 4 <= rows and not narrow:
            tile(4, VECTORS, a, rest + r * a_row, a_row, a_k, b, at, b_k, start, s0 + r * s_row + j, s_row,
                 use_start, c, c0 + r * c_row + j, c_row, width, depth)  # fmt: skip
            r += 4
        while r < rows:
            if narrow:
                tile(1, 1, a, rest + r * a_row, a_row, a_k, b, at, b_k, start, s0 + r * s_row + j, s_row,
                     use_start, c, c0 + r * c_row + j, c_row, width, depth)  # fmt: skip
            else:
                tile(1, VECTORS, a, rest + r * a_row, a_row, a_k, b, at, b_k, start, s0 + r * s_row + j, s_row,
                     use_start, c, c0 + r * c_row + j, c_row, width, depth)  # fmt: skip
            r += 1


@jit
def _finish(mode, c, at, rows, columns, bias, j0, z, h, slopes, slopes0):
    """What follows a product, on a part of c that has just been finished. z and h lie as c does.

    GELU: h = gelu(c). GELU_SLOPE: h = gelu(z), c *= gelu'(z). One loop makes both, gelu' into a row of space.
    """
    stay_whole()
    columns, bias0, slopes0 = np.uintp(columns), np.uintp(j0), np.uintp(slopes0)
    for i in range(rows):
        first = np.uintp(at[0] + i * at[1])  # unsigned: an index that may be negative keeps loops from vectorising
        if mode == ADD_BIAS:
            for j in range(columns):
                c[first + j] += bias[bias0 + j]
        elif mode == GELU or mode == GELU_SLOPE:
            for j in range(columns):
                h[first + j], slopes[slopes0 + j] = gelu_erf(z[first + j])
        else:
            for j in range(columns):
                h[first + j], slopes[slopes0 + j] = gelu_tanh(z[first + j])
        if mode >= GELU_SLOPE:
            for j in range(columns):
                c[first + j] *= slopes[slopes0 + j]


@jit
def _blocks(columns, depth, itemsize):
    """How a product is cut into blocks of b: (steps of k, columns)."""
    panel = PANEL_BYTES // itemsize
    count = max(1, (depth + DEPTH - 1) // DEPTH)
    deep = max(1, (depth + count - 1) // count)
    return deep, min(max(1, PACKED // (deep * panel)), (columns + panel - 1) // panel) * panel


def room(rows, columns, depth, itemsize):
    """How many numbers of space `multiply` needs: for a block of b, and for a sweep of a or a row of slopes."""
    deep, wide = _blocks(columns, depth, itemsize)
    square = (VECTOR_BYTES // itemsize) * (PANEL_BYTES // itemsize)  # packing writes up to one square too far
    return (deep * wide + square) + (max(min(rows + ROWS, SWEEP) * (deep + 2), wide) + square)


@jit
def multiply(a, a_at, b, b_at, start, s_at, use_start, c, c_at, rows, columns, depth, work, w0,
             mode, bias, j_bias, z, h, sums, add_up):  # fmt: skip
    """One thread's product: c = (start) + a @ b, finished by `mode`; work[w0:] has the space that `room` asks for.

    add_up: sums[j_bias + j] = sum_k b[k, j] as well, by a tile whose row of a is all ones.
    """
    stay_whole()
    panel = PANEL_BYTES // c.itemsize
    deep, wide = _blocks(columns, depth, c.itemsize)
    b_space = deep * wide + VECTOR_BYTES // c.itemsize * panel
    in_place = b_at[2] == 1 and rows <= IN_PLACE and columns % (panel // VECTORS) == 0 and not add_up
    rows_apart = a_at[1] == 1 and a_at[2] != 1 and rows >= ROWS
    for j0 in range(0, columns, wide):
        across = min(wide, columns - j0)
        for k0 in range(0, max(depth, 1), deep):
            d = min(deep, depth - k0)
            last = k0 + d >= depth
            if not in_place:
                _pack(b, _moved(b_at, k0, j0), work, w0, across, d)
            if add_up:
                work[w0 + b_space - 1] = 1
                for j in range(0, across, panel):
                    tile(1, VECTORS, work, w0 + b_space - 1, 0, 0, work, w0 + j * d, panel, sums, j_bias + j0 + j, 0,
                         k0 > 0, sums, j_bias + j0 + j, 0, across - j, d)  # fmt: skip
            for i0 in range(0, rows, SWEEP):
                down = min(SWEEP, rows - i0)
                here, a_here = _moved(c_at, i0, j0), _moved(a_at, i0, k0)
                from_here = _moved(s_at, i0, j0)
                going_on = 2 if k0 > 0 else use_start
                # Three calls, not one with a variable for the array: that would count references.
                if in_place:
                    _sweep(a, a_here, a_at[1], b, b_at[0] + k0 * b_at[1] + j0, b_at[1], ONE,
                           start, from_here, going_on, c, here, down, across, d)  # fmt: skip
                elif rows_apart:
                    _pack_rows(a, a_here, work, w0 + b_space, down, d)
                    _sweep(work, (w0 + b_space, ONE, np.intp(ROWS)), d + 2, work, w0, panel, d,
                           start, from_here, going_on, c, here, down, across, d)  # fmt: skip
                else:
                    _sweep(a, a_here, a_at[1], work, w0, panel, d,
                           start, from_here, going_on, c, here, down, across, d)  # fmt: skip
                if last and mode != NOTHING:
                    _finish(mode, c, here, down, across, bias, j_bias + j0, z, h, work, w0 + b_space)



@jit
def _grid(rows, columns, parts, panel):
    """parts = down x across rectangles of c: those whose largest takes least time, packing included."""
    best, least = 1, np.inf
    for down in range(1, parts + 1):
        if parts % down == 0:
            tall = (rows + down * ROWS - 1) // (down * ROWS)
            wide = (columns + parts // down * panel - 1) // (parts // down * panel)
            time = wide * (tall + 1.0)  # packing a panel costs about as much as a tile
            if time < least:
                best, least = down, time
    return best, parts // best


def _share(t, threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape, work,
           mode, bias, z, h, sums, add_up):  # fmt: skip
    """What thread t does: its part of the rectangles of all matrices of the stack, one after the other."""
    batch, m, n, depth = shape
    panel = PANEL_BYTES // c.itemsize
    parts = 1 if batch >= 8 * threads or batch % threads == 0 else threads
    down, across = _grid(m, n, parts, panel)
    tall = (m + down * ROWS - 1) // (down * ROWS) * ROWS
    wide = (n + across * panel - 1) // (across * panel) * panel
    w0 = -work.ctypes.data % 64 // c.itemsize + t * (work.size // threads // 64 * 64)  # no vector crosses a cache line
    for u in range(t * batch * parts // threads, (t + 1) * batch * parts // threads):
        item, part = u // parts, u % parts
        i, j = part // across * tall, part % across * wide
        rows, columns = min(tall, m - i), min(wide, n - j)
        if rows > 0 and columns > 0:
            multiply(a, (item * a_strides[0] + i * a_strides[1], a_strides[1], a_strides[2]),
                     b, (item * b_strides[0] + j * b_strides[2], b_strides[1], b_strides[2]),
                     start, (item * s_strides[0] + i * s_strides[1] + j, s_strides[1], ONE), use_start,
                     c, (item * m * n + i * n + j, n, ONE), rows, columns, depth, work, w0,
                     mode, bias, j, z, h, sums, add_up and i == 0)  # fmt: skip


@functools.cache
def _share_address(dtype):
    numbers, n = types.Array(from_dtype(dtype), 1, "C"), types.intp
    two, three, four = (types.UniTuple(n, length) for length in (2, 3, 4))
    return address_of(_share, n, n, numbers, three, numbers, three, numbers, two, n, numbers, four, numbers,
                      n, numbers, numbers, numbers, numbers, types.boolean)  # fmt: skip


@parallel_jit
def _multiply(share, threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape, work,
              mode, bias, z, h, sums, add_up):  # fmt: skip
    if threads == 1:
        call(share, (ZERO, threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape, work,
                     mode, bias, z, h, sums, add_up))  # fmt: skip
    else:
        for t in prange(threads):
            call(share, (np.intp(t), threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape, work,
                         mode, bias, z, h, sums, add_up))  # fmt: skip


def _in_memory(x):
    """x (..., R, S) as (its numbers in memory order, (stack, row, column) strides); copied if neither order fits."""
    r, s = x.shape[-2:]
    if x.flags.c_contiguous:
        return x.reshape(-1), (r * s, s, 1)
    if x.ndim == 2:
        if x.flags.f_contiguous:
            return x.T.reshape(-1), (r * s, 1, r)
    elif x.swapaxes(-1, -2).flags.c_contiguous:
        return x.swapaxes(-1, -2).reshape(-1), (r * s, 1, r)
    return np.ascontiguousarray(x).reshape(-1), (r * s, s, 1)


def matmul(a, b, *, bias=None, residual=None):
    """a (..., M, K) @ b (..., K, N) + bias (N,) + residual (..., M, N) -> (..., M, N), all of one dtype."""
    return _matmul_into(np.empty((*a.shape[:-1], b.shape[-1]), a.dtype), a, b, bias=bias, residual=residual)


def matmul_gelu(a, b, bias, *, form="erf"):
    """z = a b + bias and h = gelu(z), for the first half of an MLP -> (z, h)."""
    z = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    h = np.empty_like(z)
    _matmul_into(z, a, b, bias=bias, mode=GELU_TANH if form == "tanh" else GELU, h=h)
    return z, h


def matmul_gelu_backward(a, b, z, *, form="erf"):
    """dz = (a b) gelu'(z), and h = gelu(z) once more -> (dz, h)."""
    dz, h = np.empty_like(z), np.empty_like(z)
    _matmul_into(dz, a, b, mode=GELU_TANH_SLOPE if form == "tanh" else GELU_SLOPE, z=z, h=h)
    return dz, h


def _matmul_into(out, a, b, *, bias=None, residual=None, accumulate=False, column_sums=None,
                 mode=NOTHING, z=None, h=None):  # fmt: skip
    """out (contiguous) = a @ b, or += where accumulate; column_sums (N,): filled with b's sums over k."""
    m, n, k = a.shape[-2], b.shape[-1], a.shape[-1]
    c = out.reshape(-1)
    flat_a, a_strides = _in_memory(a)
    flat_b, b_strides = _in_memory(b)
    start, s_strides, use_start = c, (m * n, n), 2 if accumulate else 0
    if residual is not None:
        start, use_start = np.ascontiguousarray(residual).reshape(-1), 1
        mode = mode if bias is None else ADD_BIAS
    elif bias is not None:
        start, s_strides, use_start = bias, (0, 0), 1
    batch = math.prod(out.shape[:-2])
    if not c.size:
        return out
    threads = get_num_threads() if batch * m * n * k > SERIAL else 1
    work = np.empty(threads * (room(m, n, k, c.itemsize) + 64) + 64, c.dtype)
    _multiply(_share_address(c.dtype), threads, flat_a, a_strides, flat_b, b_strides, start, s_strides, use_start,
              c, (batch, m, n, k), work, mode, c if bias is None else bias, c if z is None else z.reshape(-1),
              c if h is None else h.reshape(-1), c if column_sums is None else column_sums,
              column_sums is not None)  # fmt: skip
    return out

"""The matrix product c = a @ b, blocked and threaded, with bias, residual and GELU taken along.

    c (M, N) = a (M, K) @ b (K, N)          also for stacks of matrices (..., M, K) @ (..., K, N)

A network needs three forms, x w, dy w^T and x^T dy: transposes are only strides here, so that all
three run through one compiled kernel per dtype.

How it is tiled, from the inside out:

    tile       a few rows x vectors of c live in registers while k runs (simd/tiles.py)
    panel, sweep, block       what one thread packs (matmul_packing.py) and works through from its
                              caches (matmul_block.py)
    rectangle                 of c: each thread takes its share of them, and packs what it needs
                              itself: nobody waits for anybody

Every number of c is summed over k in the same order however c is cut: the same bits with any number
of threads. It costs 2 M N K operations.
"""

import functools
import math

import numpy as np
from numba import get_num_threads, prange, types
from numba.np.numpy_support import from_dtype

from minivit.errors import InputError

from .compiling import address_of, jit, parallel_jit
from .inputs import like, need_real, need_shape
from .matmul_block import (
    ADD_BIAS,
    GELU,
    GELU_SLOPE,
    GELU_TANH,
    GELU_TANH_SLOPE,
    NOTHING,
    ONE,
    multiply,
    multiply_in_place,
    reads_in_place,
)
from .matmul_packing import PANEL_BYTES, blocks, room
from .product import blas_into, chosen
from .simd import ROWS, call

SERIAL = 100_000  # multiply-adds below which waking the threads costs more than it saves
ZERO = np.intp(0)


def matmul(a, b, *, bias=None, residual=None):
    """a b + bias + residual, all of one dtype; a new array, threaded over rectangles of it.

    a (..., M, K), b (..., K, N), bias (N,), residual (..., M, N) -> (..., M, N). a and b may be
    transposed views (read in place); any other order of memory is copied first.
    """
    out = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    return _matmul_into(out, a, b, bias=bias, residual=residual)


def matmul_gelu(a, b, bias, *, form="erf"):
    """z = a b + bias and h = gelu(z), for the first half of an MLP.

    a (M, K), b (K, N), bias (N,) or None -> z, h (M, N).
    """
    z = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    h = np.empty_like(z)
    _matmul_into(z, a, b, bias=bias, mode=GELU_TANH if form == "tanh" else GELU, h=h)
    return z, h


def matmul_gelu_backward(a, b, z, *, form="erf"):
    """dz = (a b) gelu'(z), and h = gelu(z) once more: a (M, K), b (K, N), z (M, N) -> dz, h."""
    dz, h = np.empty_like(z), np.empty_like(z)
    _matmul_into(dz, a, b, mode=GELU_TANH_SLOPE if form == "tanh" else GELU_SLOPE, z=z, h=h)
    return dz, h


def _matmul_into(out, a, b, *, bias=None, residual=None, column_sums=None,
                 mode=NOTHING, z=None, h=None):  # fmt: skip
    """out (contiguous) = a @ b; column_sums (N,) = b's sums over k. All in the dtype of out.

    Where the sums of c begin (start, use_start): at 0, at the bias or at the residual.
    `mode` says what is done to c in the end; GELU's modes read z (None: c itself) and write h.
    """
    a, b = np.asarray(a, out.dtype), np.asarray(b, out.dtype)  # in their order of memory
    bias, residual = like(out, bias, residual)
    check(out, a, b, bias, residual)
    if chosen() == "blas":
        return blas_into(out, a, b, bias=bias, residual=residual,
                         column_sums=column_sums, mode=mode, z=z, h=h)  # fmt: skip
    m, n, k = a.shape[-2], b.shape[-1], a.shape[-1]
    c = out.reshape(-1)
    flat_a, a_strides = _in_memory(a)
    flat_b, b_strides = _in_memory(b)
    start, s_strides, use_start = c, (m * n, n), 0
    if residual is not None:
        start, use_start = residual.reshape(-1), 1
        mode = mode if bias is None else ADD_BIAS
    elif bias is not None:
        start, s_strides, use_start = bias, (0, 0), 1
    if not c.size:
        return out
    batch = math.prod(out.shape[:-2])
    threads = get_num_threads() if batch * m * n * k > SERIAL else 1
    work = np.empty(threads * (room(m, n, k, c.itemsize) + 64) + 64, c.dtype)
    optional = (c if x is None else x.reshape(-1) for x in (bias, z, h, column_sums))
    _multiply(_share_address(c.dtype), threads, flat_a, a_strides, flat_b, b_strides,
              start, s_strides, use_start, c, (batch, m, n, k), work,
              mode, *optional, column_sums is not None)  # fmt: skip
    return out


def check(out, a, b, bias, residual):
    """InputError for what cannot be multiplied or added."""
    need_real("a", out)
    if a.shape[:-2] != b.shape[:-2] or a.shape[-1] != b.shape[-2]:
        raise InputError(
            f"matrices of the shapes {a.shape} and {b.shape} cannot be multiplied: the first must "
            "have as many columns as the second has rows, and before that the two must be alike"
        )
    need_shape("the bias", bias, out.shape[-1:])
    need_shape("the residual", residual, out.shape)


def _in_memory(x):
    """x (..., R, S) as its numbers in memory order and their (stack, row, column) strides.

    A copy, unless x or its transpose is contiguous.
    """
    r, s = x.shape[-2:]
    if x.flags.c_contiguous:
        return x.reshape(-1), (r * s, s, 1)
    if x.ndim == 2:
        if x.flags.f_contiguous:
            return x.T.reshape(-1), (r * s, 1, r)
    elif x.swapaxes(-1, -2).flags.c_contiguous:
        return x.swapaxes(-1, -2).reshape(-1), (r * s, 1, r)
    return np.ascontiguousarray(x).reshape(-1), (r * s, s, 1)


@jit
def _grid(rows, columns, parts, panel, rows_apart):
    """parts = down x across rectangles of c, so that the largest takes least time, with packing.

    To pack a panel of b costs about as much as a tile, to pack a tile's rows of a half of that.
    """
    best, least = 1, np.inf
    for down in range(1, parts + 1):
        if parts % down == 0:
            tall = (rows + down * ROWS - 1) // (down * ROWS)
            wide = (columns + parts // down * panel - 1) // (parts // down * panel)
            time = wide * (tall + 1.0) + (tall * 0.5 if rows_apart else 0.0)
            if time < least:
                best, least = down, time
    return best, parts // best


def _share(t, threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape, work,
           mode, bias, z, h, sums, add_up):  # fmt: skip
    """What thread t does: its part of the rectangles of all matrices of the stack."""
    batch, m, n, depth = shape
    panel = PANEL_BYTES // c.itemsize
    parts = 1 if batch >= 8 * threads or batch % threads == 0 else threads
    down, across = _grid(m, n, parts, panel, a_strides[2] != 1)
    tall = (m + down * ROWS - 1) // (down * ROWS) * ROWS
    wide = (n + across * panel - 1) // (across * panel) * panel
    block = blocks(min(wide, n), depth, c.itemsize)
    whole = parts == 1 and block[0] >= depth and block[1] >= n
    plain = mode == NOTHING and not add_up
    if whole and plain and reads_in_place(b_strides[2], m, n, c.itemsize):
        # Small matrices: to find out for each how to go about it would take as long as its sums.
        for u in range(t * batch // threads, (t + 1) * batch // threads):
            multiply_in_place(a, (u * a_strides[0], a_strides[1], a_strides[2]),
                              b, (u * b_strides[0], b_strides[1], b_strides[2]),
                              start, (u * s_strides[0], s_strides[1], ONE), use_start,
                              c, (u * m * n, n, ONE), m, n, depth)  # fmt: skip
        return
    # The thread's own space, so placed that no vector crosses a cache line.
    w0 = -work.ctypes.data % 64 // c.itemsize + t * (work.size // threads // 64 * 64)
    for u in range(t * batch * parts // threads, (t + 1) * batch * parts // threads):
        item, i, j = u, ZERO, ZERO
        if parts > 1:  # divisions take longer than a tile
            item, part = u // parts, u % parts
            i, j = part // across * tall, part % across * wide
        rows, columns = min(tall, m - i), min(wide, n - j)
        if rows > 0 and columns > 0:
            multiply(a, (item * a_strides[0] + i * a_strides[1], a_strides[1], a_strides[2]),
                     b, (item * b_strides[0] + j * b_strides[2], b_strides[1], b_strides[2]),
                     start, (item * s_strides[0] + i * s_strides[1] + j, s_strides[1], ONE),
                     use_start, c, (item * m * n + i * n + j, n, ONE), rows, columns, depth, block,
                     work, w0, mode, bias, j, z, h, sums, add_up and i == 0)  # fmt: skip


@functools.cache
def _share_address(dtype):
    numbers, n = types.Array(from_dtype(dtype), 1, "C"), types.intp
    two, three, four = (types.UniTuple(n, length) for length in (2, 3, 4))
    return address_of(_share, n, n, numbers, three, numbers, three, numbers, two, n,
                      numbers, four, numbers, n, numbers, numbers, numbers, numbers,
                      types.boolean)  # fmt: skip


@parallel_jit
def _multiply(share, threads, a, a_strides, b, b_strides, start, s_strides, use_start, c, shape,
              work, mode, bias, z, h, sums, add_up):  # fmt: skip
    """_share, by its address, on every thread."""
    if threads == 1:
        call(share, (ZERO, threads, a, a_strides, b, b_strides, start, s_strides, use_start,
                     c, shape, work, mode, bias, z, h, sums, add_up))  # fmt: skip
    else:
        for t in prange(threads):
            call(share, (np.intp(t), threads, a, a_strides, b, b_strides, start, s_strides,
                         use_start, c, shape, work, mode, bias, z, h, sums, add_up))  # fmt: skip

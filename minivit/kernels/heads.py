"""Where each head's matrix lies in q, k, v and y (B, H, T, K), for compiled code."""

from typing import NamedTuple

import numpy as np

from .compiling import jit
from .inputs import like
from .matrix import ONE, Matrix


class Heads(NamedTuple):
    """x (B, H, T, K): x[b, h, t, k] is numbers[first + b batch + h head + t token + k]."""

    numbers: np.ndarray  # flat
    first: int
    batch: int
    head: int
    token: int


class ThreeHeads(NamedTuple):
    """q, k and v, or their gradients, with the same strides, as slices of one qkv have them."""

    q: np.ndarray  # flat
    k: np.ndarray
    v: np.ndarray
    q_first: int
    k_first: int
    v_first: int
    batch: int
    head: int
    token: int


@jit(counts=False)
def one_head(x, head, heads):
    """The matrix (T, K) of a head, counted through all images."""
    first = x.first + head // heads * x.batch + head % heads * x.head
    return Matrix(x.numbers, first, x.token, ONE)


@jit(counts=False)
def three_heads(x, head, heads):
    """The three matrices (T, K) of a head, counted through all images."""
    at, token = head // heads * x.batch + head % heads * x.head, x.token
    q, k = Matrix(x.q, x.q_first + at, token, ONE), Matrix(x.k, x.k_first + at, token, ONE)
    return q, k, Matrix(x.v, x.v_first + at, token, ONE)


def heads_in(x, heads):
    """The fields of `Heads`: the heads of a contiguous x (B, T, HK)."""
    _, tokens, columns = x.shape
    return x.reshape(-1), 0, tokens * columns, columns // heads, columns


def three_heads_in(qkv, heads):
    """The fields of `ThreeHeads`: the heads of a contiguous qkv (B, T, 3HK)."""
    numbers, (_, tokens, columns) = qkv.reshape(-1), qkv.shape
    third = columns // 3
    firsts = 0, third, 2 * third
    return *[numbers] * 3, *firsts, tokens * columns, third // heads, columns


def heads_of(*arrays):
    """The same for any view (B, H, T, K), and for any three with the same strides.

    Compiled code takes a flat contiguous array and an offset: the array that x is a view of (its
    `base`), if that is one; else the stretch of memory that x spans.
    """
    size, owners, firsts = arrays[0].itemsize, [], []
    for x in arrays:
        owner = x if x.base is None else x.base
        if type(owner) is not np.ndarray or owner.dtype != x.dtype or not owner.flags.c_contiguous:
            last = sum((n - 1) * s for n, s in zip(x.shape, x.strides, strict=True))
            reach = 1 + last // size
            owner = np.lib.stride_tricks.as_strided(x, (reach if x.size else 0,), (size,))
        owners.append(owner.reshape(-1))
        firsts.append((x.ctypes.data - owner.ctypes.data) // size)
    batch, head, token, _ = arrays[0].strides
    return *owners, *firsts, batch // size, head // size, token // size


def alike(*arrays):
    """The arrays as they are if one set of strides fits a kernel, else as contiguous copies."""
    dtype, strides = arrays[0].dtype, arrays[0].strides
    walkable = strides[-1] == arrays[0].itemsize and min(strides) > 0
    if walkable and all((a.strides, a.dtype) == (strides, dtype) for a in arrays):
        return arrays
    return like(arrays[0], *arrays)

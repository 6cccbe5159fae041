"""Relative positions, the twin of `minivit.ops.relative`, for a chunk of attention's queries.

In a chunk each query is a column (attention_chunk.py). One product gives what each query asks all
offsets, every (2T, n) = offsets q^T / sqrt(K); from there the score of each key is picked, and in
the backward its gradient put back. `rows` says where: the row of `every` that belongs to key j and
query i is rows[j T + i]. All on one thread.
"""

import functools
from typing import NamedTuple

import numpy as np

from minivit.ops.relative import offset_rows

from .attention_steps import ADDED, FRESH, product, whole_vectors
from .compiling import jit
from .matrix import ONE, Matrix, transposed
from .simd import noinline


class Relative(NamedTuple):
    """Relative positions, as flat arrays."""

    rows: np.ndarray  # (T, T), for key j and query i: which of the offsets is theirs
    offsets: np.ndarray  # (2T, D)
    doffsets: np.ndarray  # (groups, 2T, D), backward


@functools.lru_cache(maxsize=8)  # every layer and step asks for the same
def rows_by_key(tokens: int, offsets: int) -> np.ndarray:
    """Which of the offsets belongs to key j and query i: flat, [j T + i]."""
    return offset_rows(tokens, offsets).T.reshape(-1)


@jit(inline="always")
def offsets_of(relative, D):
    """How many relative positions there are."""
    return 0 if relative is None else relative.offsets.size // D


@jit
def add_relative(scores, queries, chunk, relative, space):
    """Adds to the scores of a chunk what its queries (K, n) ask the offsets of their keys."""
    noinline()
    D, wide = chunk.heads * chunk.K, scores.row
    every = Matrix(scores.numbers, space.every, wide, ONE)
    offsets = Matrix(relative.offsets, chunk.head * chunk.K, D, ONE)
    product(offsets, queries, every, (offsets_of(relative, D), wide, chunk.K), FRESH)
    add_picked(scores, every, relative.rows, chunk.tokens, chunk.start, chunk.queries)


@jit
def relative_backward(q, dq, chunk, group, accumulate, relative, workspace, space):
    """What a chunk's dscores mean for its queries, added to dq, and for the offsets' gradients."""
    noinline()
    n, tokens, K, D = chunk.queries, chunk.tokens, chunk.K, chunk.heads * chunk.K
    count, wide = offsets_of(relative, D), whole_vectors(n, workspace)
    dscores = Matrix(workspace, space.dscores, wide, ONE)
    devery = Matrix(workspace, space.every, wide, ONE)
    offsets = Matrix(relative.offsets, chunk.head * K, D, ONE)
    doffsets = Matrix(relative.doffsets, (group * count * chunk.heads + chunk.head) * K, D, ONE)
    put_back(devery, dscores, relative.rows, (tokens, n, count), chunk.start)
    product(transposed(devery), offsets, dq, (n, K, count), ADDED)
    product(devery, q, doffsets, (count, K, n), accumulate or chunk.start > 0)


@jit
def add_picked(scores, every, rows, tokens, start, queries):
    """scores[j, i] += every[row of key j and query start + i, i], for i < queries."""
    noinline()
    numbers = scores.numbers
    for j in range(tokens):
        first, at = j * tokens + start, scores.first + j * scores.row
        for i in range(queries):
            numbers[at + i] += numbers[every.first + rows[first + i] * every.row + i]


@jit
def put_back(devery, dscores, rows, size, start):
    """devery[row of key j and query start + i, i] = the sum of dscores[j, i] over its keys.

    size: (tokens, queries, offsets). All of devery is written.
    """
    noinline()
    numbers, (tokens, queries, offsets) = devery.numbers, size
    for place in range(devery.first, devery.first + offsets * devery.row):
        numbers[place] = 0
    for j in range(tokens):
        first, at = j * tokens + start, dscores.first + j * dscores.row
        for i in range(queries):
            numbers[devery.first + rows[first + i] * devery.row + i] += numbers[at + i]

"""Relative positions, the twin of `minivit.ops.relative`, for a chunk of queries.

In a chunk each query is a column (attention_chunk.py). One product gives what each query asks all
offsets, every (2T, n) = offsets q^T / sqrt(K); from there the score of each key is picked, and in
the backward its gradient put back. `rows` says where: the row of `every` that belongs to key j and
query i is rows[j T + i]. All on one thread.
"""

import functools

import numpy as np

from minivit.ops.relative import offset_rows

from .compiling import jit
from .simd import noinline


@functools.lru_cache(maxsize=8)  # every layer and step asks for the same
def rows_by_key(tokens: int, offsets: int) -> np.ndarray:
    """Which of the offsets belongs to key j and query i: flat, [j T + i]."""
    return offset_rows(tokens, offsets).T.reshape(-1)


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

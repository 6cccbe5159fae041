"""Where in the workspace of all threads the matrices lie that a thread works with, one head a lane.

All are of registers. A matrix that heads are turned into has LANES registers to spare after its
last row: see `turn`.
"""

from typing import NamedTuple

from ..compiling import jit
from ..matrix import ZERO, Matrix
from ..simd import VECTOR_BYTES, broadcast, store
from ..workspace import APART

QUERIES = 20  # of a head, at most, whose scores are made at once: from 10 to 50 it hardly matters


class Space(NamedTuple):
    """A thread's own matrices; n is the number of queries whose scores are made at once."""

    one: Matrix  # a factor for every row: its rows lie in one place, as do those of the next
    factor: Matrix  # 1 / sqrt(K)
    maxima: Matrix  # (T, 1), of the scores of each query
    scales: Matrix  # (T, 1), one over the sum of their exponentials
    q: Matrix  # (T, K), later dq
    k: Matrix  # (T, K)
    v: Matrix  # (T, K)
    dk: Matrix  # (T, K)
    dv: Matrix  # (T, K)
    y: Matrix  # (n, K), before that dy
    scores: Matrix  # (n, T)
    dprobs: Matrix  # (n, T)


def room(tokens, K, itemsize):
    """How many numbers of workspace a thread needs."""
    lanes, n = VECTOR_BYTES // itemsize, queries_at_once(tokens)
    registers = 2 + 2 * tokens + (5 * tokens + n) * K + 8 * lanes + 2 * n * tokens
    return registers * lanes + APART // itemsize


def queries_at_once(tokens):
    """The most that are allowed, or fewer: so that all times but the last are equally many."""
    times = (tokens + QUERIES - 1) // QUERIES
    return (tokens + times - 1) // times


@jit(counts=False)
def own_space(share, shares, workspace, tokens, K, n, factor):
    """This share's part of the workspace, aligned so that no register crosses a cache line."""
    lanes = VECTOR_BYTES // workspace.itemsize
    first = -workspace.ctypes.data % 64 // workspace.itemsize
    one = first + share * (workspace.size // shares // 64 * 64)
    store(workspace, one, broadcast(workspace.dtype.type(1)))
    store(workspace, one + lanes, broadcast(factor))
    maxima = one + 2 * lanes
    scales = maxima + (tokens + lanes) * lanes
    q, whole = scales + (tokens + lanes) * lanes, (tokens * K + lanes) * lanes
    y = q + 5 * whole
    scores = y + (n * K + lanes) * lanes
    dprobs = scores + n * tokens * lanes
    row, wide = K * lanes, tokens * lanes
    return Space(
        Matrix(workspace, one, ZERO, lanes),
        Matrix(workspace, one + lanes, ZERO, lanes),
        Matrix(workspace, maxima, lanes, lanes),
        Matrix(workspace, scales, lanes, lanes),
        Matrix(workspace, q, row, lanes),
        Matrix(workspace, q + whole, row, lanes),
        Matrix(workspace, q + 2 * whole, row, lanes),
        Matrix(workspace, q + 3 * whole, row, lanes),
        Matrix(workspace, q + 4 * whole, row, lanes),
        Matrix(workspace, y, row, lanes),
        Matrix(workspace, scores, wide, lanes),
        Matrix(workspace, dprobs, wide, lanes),
    )

"""Where in the workspace of all threads the matrices lie that a thread works with in attention."""

from typing import NamedTuple

from .attention_steps import CHUNK
from .compiling import jit
from .simd import VECTOR_BYTES
from .workspace import APART


class Space(NamedTuple):
    """Where in the workspace a thread's own matrices begin; n is a chunk's number of queries."""

    columns: int  # (2, CHUNK), the maximum of each column and one over its sum
    queries: int  # (K, n), filled up to whole vectors each way
    column: int  # (T,), a copy of one column, for top_k
    every: int  # (2T, n), what queries ask all offsets, filled up to whole vectors
    scores: int  # (T, n), filled up to whole vectors
    dscores: int  # (T, n), likewise


def room(tokens, K, itemsize, matrices, offsets):
    """How many numbers of workspace a thread needs, `matrices` of them (T, n)."""
    column = (tokens + CHUNK - 1) // CHUNK
    rows = 2 + K + VECTOR_BYTES // itemsize + column + offsets + matrices * tokens
    return rows * CHUNK + APART // itemsize


@jit
def own_space(share, shares, workspace, tokens, K, offsets):
    """This share's part of the workspace, aligned so that no vector crosses a cache line."""
    lanes, zero = VECTOR_BYTES // workspace.itemsize, workspace.dtype.type(0)
    first = -workspace.ctypes.data % 64 // workspace.itemsize
    columns = first + share * (workspace.size // shares // CHUNK * CHUNK)
    for i in range(2 * CHUNK):  # columns past the last query are computed too, and read these
        workspace[columns + i] = zero
    queries = columns + 2 * CHUNK
    column = queries + (K + lanes) * CHUNK
    every = column + (tokens + CHUNK - 1) // CHUNK * CHUNK
    scores = every + offsets * CHUNK
    return Space(columns, queries, column, every, scores, scores + tokens * CHUNK)

"""Where in the workspace of all threads the matrices lie that a thread works with."""

from typing import NamedTuple

from ..attention_steps import CHUNK
from ..compiling import jit
from ..product.bf16.packing import BLOCK, SIDE
from ..workspace import APART


class Space(NamedTuple):
    """Where a thread's own matrices begin; t, n and d are T, CHUNK and K in whole blocks."""

    columns: int  # (2, CHUNK), the maximum of each column and one over its sum
    scores: int  # (t, n)
    dscores: int  # (t, n), of the backward, as all that follow but for the packed ones
    dk: int  # (t, d), summed up over the chunks
    dv: int  # (t, d)
    result: int  # (n, d), of y or dq
    column: int  # (t,), a copy of one column, for top_k
    k_rows: int  # pairs: rows (t, d / 2)
    v_rows: int
    k_panels: int  # pairs: panels (t / 2, d)
    v_panels: int
    first: int  # pairs of a chunk's operand, rows
    second: int  # pairs of its other operand, panels
    end: int


@jit
def blocks(n):
    """n filled up to whole blocks."""
    return (n + BLOCK - 1) // BLOCK * BLOCK


@jit(from_python=True)
def places(first, tokens, K):
    """A thread's Space from `first` on: all sizes are multiples of a cache line."""
    t, n, d = blocks(tokens), CHUNK, blocks(K)
    scores = first + 2 * CHUNK
    dscores = scores + t * n
    dk = dscores + t * n
    dv = dk + t * d
    result = dv + t * d
    column = result + n * d
    k_rows = column + t
    v_rows = k_rows + t * d // 2
    k_panels = v_rows + t * d // 2
    v_panels = k_panels + t * d // 2
    one = v_panels + t * d // 2
    second = one + max(t, n) * max(t, max(n, d)) // 2
    end = second + max(t, n) * max(n, d) // 2 + SIDE
    return Space(first, scores, dscores, dk, dv, result, column, k_rows, v_rows, k_panels,
                 v_panels, one, second, end)  # fmt: skip


def room(tokens, K):
    """How many numbers of workspace a thread needs."""
    return places(0, tokens, K).end + APART // 4


@jit
def own_space(share, shares, workspace, tokens, K):
    """This share's part of the workspace, on a cache line."""
    first = -workspace.ctypes.data % 64 // 4 + share * (workspace.size // shares // SIDE * SIDE)
    space = places(first, tokens, K)
    for i in range(space.columns, space.scores):  # columns past the last query are computed too
        workspace[i] = 0
    return space

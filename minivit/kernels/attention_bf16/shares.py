"""What one thread does for attention in bf16; compare with ../attention_chunk.py."""

from ..attention_chunk import Chunk, Way
from ..attention_steps import CHUNK, drop_columns, dscores_columns, softmax_columns
from ..compiling import jit, shared
from ..heads import Heads, ThreeHeads, one_head, three_heads
from ..matrix import ONE, ZERO, Matrix, moved, transposed
from ..product.bf16.packing import SIDE
from ..simd import broadcast, load, noinline, store
from ..simd.amx import amx_begin, amx_end
from ..top_k import keep_largest
from ..window import hide_unseen
from .packed import multiply_packed, panels_into, rows_into
from .space import blocks, own_space


@shared(small_op=True)
def forward_share_bf16(
    share, shares, by_amx, qkv, y, statistics, shape, way, workspace, seen, top_k, mask
):
    """Forward for this share of all heads. `statistics`: maximum and 1/sum of every query."""
    if by_amx:
        amx_begin()
    batch, heads, tokens, K = shape
    qkv, y, way = ThreeHeads(*qkv), Heads(*y), Way(*way)
    space = own_space(share, shares, workspace, tokens, K)
    for head in range(share * batch * heads // shares, (share + 1) * batch * heads // shares):
        head_forward(by_amx, head, qkv, y, statistics, shape, way, workspace, space, seen, top_k,
                     mask)  # fmt: skip
    if by_amx:
        amx_end()


@jit(inline="always")
def head_forward(by_amx, head, qkv, y, statistics, shape, way, workspace, space, seen, top_k, mask):
    """y and the statistics of one head's queries."""
    (row_max, row_scale), (_, heads, tokens, K), one = statistics, shape, workspace.dtype.type(1)
    q, k, v = three_heads(qkv, head, heads)
    y_head = one_head(y, head, heads)
    rows_into(k, tokens, K, workspace, space.k_rows)
    panels_into(v, K, tokens, workspace, space.v_panels)
    result = Matrix(workspace, space.result, blocks(K), ONE)
    for start in range(0, tokens, CHUNK):
        n = min(CHUNK, tokens - start)
        chunk = Chunk(head // heads, head % heads, heads, start, n, tokens, K)
        scores = Matrix(workspace, space.scores, blocks(n), ONE)
        _scores(by_amx, moved(q, start, ZERO), chunk, way.factor, space, scores, seen, top_k)
        softmax_columns(scores, tokens, scores.row, space.columns)
        probs = scores  # the same memory from here on
        if mask is not None:
            drop_columns(probs, chunk, mask)
        rows_into(transposed(probs), n, tokens, workspace, space.first)
        multiply_packed(by_amx, space.first, space.v_panels, result, (n, K, tokens), False)
        _copy(result, moved(y_head, start, ZERO), n, K, one)
        for i in range(n):
            row_max[head * tokens + start + i] = workspace[space.columns + i]
            row_scale[head * tokens + start + i] = workspace[space.columns + CHUNK + i]


@jit(inline="always")
def _scores(by_amx, q, chunk, factor, space, scores, seen, top_k):
    """The scores of a chunk's queries; what a query does not attend to becomes -inf."""
    n, tokens, K, workspace = chunk.queries, chunk.tokens, chunk.K, scores.numbers
    panels_into(transposed(q), n, K, workspace, space.second)
    multiply_packed(by_amx, space.k_rows, space.second, scores, (tokens, n, K), False)
    _scale(scores, tokens, factor)
    if seen is not None:
        hide_unseen(scores, seen, tokens, chunk.start, n)
    if top_k is not None:
        keep_largest(scores, tokens, n, top_k, space.column)


@shared(small_op=True)
def backward_share_bf16(
    share, shares, by_amx, qkv, dy, statistics, dqkv, shape, way, workspace, seen, top_k, mask
):
    """Backward for this share of all heads; with y_for_dy, y overwrites dy."""
    if by_amx:
        amx_begin()
    batch, heads, tokens, K = shape
    qkv, dy, dqkv, way = ThreeHeads(*qkv), Heads(*dy), ThreeHeads(*dqkv), Way(*way)
    space = own_space(share, shares, workspace, tokens, K)
    for head in range(share * batch * heads // shares, (share + 1) * batch * heads // shares):
        head_backward(by_amx, head, qkv, dy, statistics, dqkv, shape, way, workspace, space, seen,
                      top_k, mask)  # fmt: skip
    if by_amx:
        amx_end()


@jit(inline="always")
def head_backward(
    by_amx, head, qkv, dy, statistics, dqkv, shape, way, workspace, space, seen, top_k, mask
):
    """dq, dk and dv of one head; with y_for_dy, y overwrites dy."""
    (_, heads, tokens, K), one = shape, workspace.dtype.type(1)
    q, k, v = three_heads(qkv, head, heads)
    dq, dk, dv = three_heads(dqkv, head, heads)
    dy_head = one_head(dy, head, heads)
    dk_sums = Matrix(workspace, space.dk, blocks(K), ONE)
    dv_sums = Matrix(workspace, space.dv, blocks(K), ONE)
    rows_into(k, tokens, K, workspace, space.k_rows)
    rows_into(v, tokens, K, workspace, space.v_rows)
    panels_into(k, K, tokens, workspace, space.k_panels)
    panels_into(v, K, tokens, workspace, space.v_panels)
    for start in range(0, tokens, CHUNK):
        n, first = min(CHUNK, tokens - start), head * tokens + start
        for i in range(n):
            workspace[space.columns + i] = statistics[0][first + i]
            workspace[space.columns + CHUNK + i] = statistics[1][first + i]
        chunk = Chunk(head // heads, head % heads, heads, start, n, tokens, K)
        of_chunk = moved(q, start, ZERO), moved(dy_head, start, ZERO), moved(dq, start, ZERO)
        _chunk_backward(by_amx, of_chunk, (dk_sums, dv_sums), chunk, way, workspace, space,
                        seen, top_k, mask)  # fmt: skip
    _copy(dk_sums, dk, tokens, K, way.factor)
    _copy(dv_sums, dv, tokens, K, one)


@jit(inline="always")
def _chunk_backward(by_amx, of_chunk, sums, chunk, way, workspace, space, seen, top_k, mask):
    """Backward for the queries of a chunk; k and v are packed."""
    (q, dy, dq), (dk, dv) = of_chunk, sums
    n, tokens, K, go_on = chunk.queries, chunk.tokens, chunk.K, chunk.start > 0
    one = workspace.dtype.type(1)
    scores = Matrix(workspace, space.scores, blocks(n), ONE)
    dprobs = Matrix(workspace, space.dscores, blocks(n), ONE)
    result = Matrix(workspace, space.result, blocks(K), ONE)
    first, second = space.first, space.second
    _scores(by_amx, q, chunk, way.factor, space, scores, seen, top_k)
    panels_into(transposed(dy), n, K, workspace, second)
    multiply_packed(by_amx, space.v_rows, second, dprobs, (tokens, n, K), False)
    if mask is not None:
        drop_columns(dprobs, chunk, mask)
    dscores_columns(scores, dprobs, tokens, scores.row, space.columns, one)
    probs, dscores = scores, dprobs  # the same memory again
    if mask is not None:
        drop_columns(probs, chunk, mask)
    rows_into(probs, tokens, n, workspace, first)
    panels_into(dy, K, n, workspace, second)
    multiply_packed(by_amx, first, second, dv, (tokens, K, n), go_on)
    rows_into(dscores, tokens, n, workspace, first)
    panels_into(q, K, n, workspace, second)
    multiply_packed(by_amx, first, second, dk, (tokens, K, n), go_on)
    rows_into(transposed(dscores), n, tokens, workspace, first)
    multiply_packed(by_amx, first, space.k_panels, result, (n, K, tokens), False)
    _copy(result, dq, n, K, way.factor)
    if way.y_for_dy:  # nobody needs this chunk of dy any more
        rows_into(transposed(probs), n, tokens, workspace, first)
        multiply_packed(by_amx, first, space.v_panels, result, (n, K, tokens), False)
        _copy(result, dy, n, K, one)


@jit
def _scale(scores, keys, factor):
    noinline()
    numbers, by = scores.numbers, broadcast(factor)
    for at in range(scores.first, scores.first + keys * scores.row, SIDE):
        store(numbers, at, load(numbers, at) * by)


@jit
def _copy(x, y, rows, columns, factor):
    """y = factor x."""
    noinline()
    to, numbers, by = y.numbers, x.numbers, broadcast(factor)
    whole = columns // SIDE * SIDE
    for i in range(rows):
        x_row, y_row = x.first + i * x.row, y.first + i * y.row
        for j in range(0, whole, SIDE):
            store(to, y_row + j, load(numbers, x_row + j) * by)
        for j in range(whole, columns):
            to[y_row + j] = numbers[x_row + j] * factor

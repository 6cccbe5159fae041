"""What one thread does for attention with one head per lane: its share of the groups of heads.

A group is turned to lanes, computed a few queries at a time, and turned back.
"""

from typing import NamedTuple

import numpy as np

from ..compiling import jit, shared
from ..heads import Heads, ThreeHeads
from ..matrix import ONE, ZERO, Scattered, moved, transposed
from ..simd import VECTOR_BYTES, noinline
from .space import own_space
from .steps import FRESH, dscores_rows, exponentials, product
from .turning import turn, turn_back, turn_three, turn_three_back


class Places(NamedTuple):
    """Where each head begins, counted from the first; the last is repeated to fill its group."""

    qkv: np.ndarray
    y: np.ndarray  # or dy
    dqkv: np.ndarray
    statistics: np.ndarray


@shared(small_op=True)
def forward_lanes(share, shares, qkv, y, statistics, places, shape, n, factor, workspace):
    """Forward for this share of the groups, n queries at a time."""
    qkv, y, places = ThreeHeads(*qkv), Heads(*y), Places(*places)
    _, _, tokens, K = shape
    space = own_space(share, shares, workspace, tokens, K, n, factor)
    begin, end = groups_of(share, shares, shape, workspace)
    for group in range(begin, end):
        forward_group(space, group, qkv, y, statistics, places, (tokens, K, n))


@shared(small_op=True)
def backward_lanes(
    share, shares, qkv, dy, statistics, dqkv, places, shape, n, factor, y_for_dy, workspace
):
    """Backward for this share of the groups; with y_for_dy, y overwrites dy."""
    qkv, dy, dqkv, places = ThreeHeads(*qkv), Heads(*dy), ThreeHeads(*dqkv), Places(*places)
    _, _, tokens, K = shape
    space = own_space(share, shares, workspace, tokens, K, n, factor)
    begin, end = groups_of(share, shares, shape, workspace)
    for group in range(begin, end):
        backward_group(space, group, qkv, dy, statistics, dqkv, places, (tokens, K, n), y_for_dy)


@jit
def forward_group(space, group, qkv, y, statistics, places, sizes):
    """y and the statistics of a group of heads; sizes: (T, K, queries at once)."""
    noinline()
    tokens, K, n = sizes
    at = group * (VECTOR_BYTES // space.q.numbers.itemsize)
    three, factors = first_rows(qkv, places.qkv, at), (space.factor, space.one, space.one)
    turn_three((space.q, space.k, space.v), three, qkv.token, (tokens, K), factors)
    for i in range(0, tokens, n):
        m = min(n, tokens - i)
        q, maxima, scales = rows_from(space, i)
        product(q, transposed(space.k), space.scores, (m, tokens, K), FRESH)
        exponentials(space.scores, m, tokens, maxima, scales)
        product(space.scores, space.v, space.y, (m, K, tokens), FRESH)
        y_here = Scattered(y.numbers, y.first + i * y.token, places.y, at)
        turn_back(y_here, y.token, space.y, (m, K), scales)
    row_max, row_scale = of_statistics(statistics, places, at)
    turn_back(row_max, ZERO, space.maxima, (ONE, tokens), space.one)
    turn_back(row_scale, ZERO, space.scales, (ONE, tokens), space.one)


@jit
def backward_group(space, group, qkv, dy, statistics, dqkv, places, sizes, y_for_dy):
    """dqkv of a group of heads; with y_for_dy, y overwrites dy."""
    noinline()
    tokens, K, n = sizes
    at = group * (VECTOR_BYTES // space.q.numbers.itemsize)
    three, factors = first_rows(qkv, places.qkv, at), (space.factor, space.one, space.one)
    turn_three((space.q, space.k, space.v), three, qkv.token, (tokens, K), factors)
    row_max, row_scale = of_statistics(statistics, places, at)
    turn(space.maxima, row_max, ZERO, (ONE, tokens), space.one)
    turn(space.scales, row_scale, ZERO, (ONE, tokens), space.one)
    for i in range(0, tokens, n):
        m = min(n, tokens - i)
        dy_here = Scattered(dy.numbers, dy.first + i * dy.token, places.y, at)
        turn(space.y, dy_here, dy.token, (m, K), rows_from(space, i)[2])
        backward_rows(space, i, m, tokens, K)
        if y_for_dy:  # nobody needs these rows of dy any more
            product(space.scores, space.v, space.y, (m, K, tokens), FRESH)
            turn_back(dy_here, dy.token, space.y, (m, K), rows_from(space, i)[2])
    dthree = first_rows(dqkv, places.dqkv, at)
    turn_three_back(dthree, dqkv.token, (space.q, space.dk, space.dv), (tokens, K), factors)


@jit(inline="always")
def backward_rows(space, i, m, tokens, K):
    """Queries i to i + m, whose dy, scaled, lie in space.y: their dq, their part of dk and dv."""
    q, maxima, scales = rows_from(space, i)
    dy = space.y
    product(q, transposed(space.k), space.scores, (m, tokens, K), FRESH)
    product(dy, transposed(space.v), space.dprobs, (m, tokens, K), FRESH)
    dscores_rows(space.scores, space.dprobs, m, tokens, maxima, scales)
    product(transposed(space.scores), dy, space.dv, (tokens, K, m), i > 0)
    product(transposed(space.dprobs), q, space.dk, (tokens, K, m), i > 0)
    product(space.dprobs, space.k, q, (m, K, tokens), FRESH)  # dq, in the place of q


@jit(counts=False)
def rows_from(space, i):
    """q, maxima and scales from query i on."""
    return moved(space.q, i, ZERO), moved(space.maxima, i, ZERO), moved(space.scales, i, ZERO)


@jit(counts=False)
def groups_of(share, shares, shape, workspace):
    """Which groups of heads are this share's."""
    lanes = VECTOR_BYTES // workspace.itemsize
    groups = (shape[0] * shape[1] + lanes - 1) // lanes
    return share * groups // shares, (share + 1) * groups // shares


@jit(counts=False)
def first_rows(x, places, at):
    """The first rows of a group's heads, in q, k and v."""
    q, k = Scattered(x.q, x.q_first, places, at), Scattered(x.k, x.k_first, places, at)
    return q, k, Scattered(x.v, x.v_first, places, at)


@jit(counts=False)
def of_statistics(statistics, places, at):
    """The maxima, and one over the sums, of a group's heads: a row of T for each head."""
    largest, scale = statistics
    places = places.statistics
    return Scattered(largest, ZERO, places, at), Scattered(scale, ZERO, places, at)

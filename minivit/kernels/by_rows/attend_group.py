"""Attention of a group of whole images by one thread, in the three ways that there are.

    lanes     one head per lane; as many images as fill the lanes (attention_lanes/)
    chunks    chunks of queries; one image (attention_chunk.py)
    bf16      the same in bf16; one image (attention_bf16/)

Each is compiled once, and called by its address: a branch need not know which of them it calls.
`of` says whose workspace it is: (share, shares, workspace).
"""

import functools
from typing import NamedTuple

import numpy as np

from minivit.ops.product import rounds_attention

from ..attention_bf16.shares import head_backward, head_forward
from ..attention_bf16.space import own_space as own_bf16
from ..attention_bf16.space import room as room_for_bf16
from ..attention_chunk import Chunk, Way, chunk_backward, chunk_forward
from ..attention_lanes.choice import in_lanes
from ..attention_lanes.shares import Places, backward_group, forward_group
from ..attention_lanes.space import own_space as own_lanes
from ..attention_lanes.space import room as room_for_lanes
from ..attention_space import own_space as own_chunks
from ..attention_space import room as room_for_chunks
from ..attention_steps import CHUNK
from ..compiling import by_address
from ..heads import Heads, ThreeHeads
from ..matrix import ZERO
from ..simd import lanes
from ..simd.amx import amx_begin, amx_end

YES, NO = np.bool_(True), np.bool_(False)  # typed: see ../matrix.py
NO_PLACES = (np.empty(0, np.intp),) * 4


class Grouped(NamedTuple):
    """How the heads of all images lie, and how they are grouped."""

    row_max: np.ndarray  # flat (B, H, T)
    row_scale: np.ndarray
    factor: float  # 1 / sqrt(K)
    places: tuple  # for lanes, the fields of Places
    queries: int  # for lanes: at once
    by_amx: bool  # for bf16
    heads: int  # of an image
    tokens: int
    K: int
    rows: int  # of a group


@by_address
def forward_in_lanes(group, qkv, y, grouped, of):
    """y and the statistics of a group."""
    (share, shares, workspace), tokens, K = of, grouped.tokens, grouped.K
    n, statistics = grouped.queries, (grouped.row_max, grouped.row_scale)
    space = own_lanes(share, shares, workspace, tokens, K, n, grouped.factor)
    forward_group(space, group, qkv, y, statistics, Places(*grouped.places), (tokens, K, n))


@by_address
def backward_in_lanes(group, qkv, dy, dqkv, grouped, of):
    """dqkv of a group; y overwrites dy."""
    (share, shares, workspace), tokens, K = of, grouped.tokens, grouped.K
    n, statistics = grouped.queries, (grouped.row_max, grouped.row_scale)
    space = own_lanes(share, shares, workspace, tokens, K, n, grouped.factor)
    backward_group(space, group, qkv, dy, statistics, dqkv, Places(*grouped.places),
                   (tokens, K, n), True)  # fmt: skip


@by_address
def forward_in_chunks(group, qkv, y, grouped, of):
    """y and the statistics of an image, head by head, in chunks of queries."""
    (share, shares, workspace), tokens, K = of, grouped.tokens, grouped.K
    way, statistics = Way(grouped.factor, ZERO, NO, NO), (grouped.row_max, grouped.row_scale)
    space = own_chunks(share, shares, workspace, tokens, K, ZERO)
    for head in range(grouped.heads):
        for start in range(0, tokens, CHUNK):
            n = min(CHUNK, tokens - start)
            chunk = Chunk(group, head, grouped.heads, start, n, tokens, K)
            chunk_forward(qkv, y, statistics, chunk, way, workspace, space, None, None, None, None)


@by_address
def backward_in_chunks(group, qkv, dy, dqkv, grouped, of):
    """dqkv of an image, head by head, in chunks of queries; y overwrites dy."""
    (share, shares, workspace), tokens, K = of, grouped.tokens, grouped.K
    way, statistics = Way(grouped.factor, ZERO, YES, NO), (grouped.row_max, grouped.row_scale)
    space = own_chunks(share, shares, workspace, tokens, K, ZERO)
    for head in range(grouped.heads):
        for start in range(0, tokens, CHUNK):
            n = min(CHUNK, tokens - start)
            chunk = Chunk(group, head, grouped.heads, start, n, tokens, K)
            chunk_backward(qkv, dy, statistics, dqkv, chunk, way, workspace, space, None, None,
                           None, None)  # fmt: skip


@by_address
def forward_in_bf16(group, qkv, y, grouped, of):
    """y and the statistics of an image, head by head, in bf16."""
    (share, shares, workspace), by_amx, heads = of, grouped.by_amx, grouped.heads
    way, statistics = Way(grouped.factor, ZERO, NO, NO), (grouped.row_max, grouped.row_scale)
    shape = 0, heads, grouped.tokens, grouped.K
    space = own_bf16(share, shares, workspace, grouped.tokens, grouped.K)
    if by_amx:
        amx_begin()
    for head in range(group * heads, (group + 1) * heads):
        head_forward(by_amx, head, qkv, y, statistics, shape, way, workspace, space, None, None,
                     None)  # fmt: skip
    if by_amx:
        amx_end()


@by_address
def backward_in_bf16(group, qkv, dy, dqkv, grouped, of):
    """dqkv of an image, head by head, in bf16; y overwrites dy."""
    (share, shares, workspace), by_amx, heads = of, grouped.by_amx, grouped.heads
    way, statistics = Way(grouped.factor, ZERO, YES, NO), (grouped.row_max, grouped.row_scale)
    shape = 0, heads, grouped.tokens, grouped.K
    space = own_bf16(share, shares, workspace, grouped.tokens, grouped.K)
    if by_amx:
        amx_begin()
    for head in range(group * heads, (group + 1) * heads):
        head_backward(by_amx, head, qkv, dy, statistics, dqkv, shape, way, workspace, space, None,
                      None, None)  # fmt: skip
    if by_amx:
        amx_end()


FORWARD = {"lanes": forward_in_lanes, "chunks": forward_in_chunks, "bf16": forward_in_bf16}
BACKWARD = {"lanes": backward_in_lanes, "chunks": backward_in_chunks, "bf16": backward_in_bf16}


def way_for(shape, itemsize):
    """Which of the three, for q, k and v (B, H, T, K) of so many bytes a number."""
    if in_lanes(shape, itemsize):
        return "lanes"
    return "bf16" if rounds_attention(shape[2], None) else "chunks"


def room(way, tokens, K, itemsize):
    """How many numbers of workspace a thread needs, as much as for a backward."""
    if way == "lanes":
        return room_for_lanes(tokens, K, itemsize)
    return room_for_bf16(tokens, K) if way == "bf16" else room_for_chunks(tokens, K, itemsize, 2, 0)


def group_rows(way, heads, tokens, dtype):
    """How many rows a group has: those of whole images."""
    return lanes(dtype) // heads * tokens if way == "lanes" else tokens


def address(way, dtype, *, backward=False):
    """Where the function for this dtype lies."""
    group, qkv, y, *rest = arguments_like(dtype)
    if backward:
        return BACKWARD[way].at(dtype, group, qkv, y, qkv, *rest)
    return FORWARD[way].at(dtype, group, qkv, y, *rest)


@functools.cache
def arguments_like(dtype):
    """Arguments of the types that the functions of a forward take."""
    x, n = np.empty(0, dtype), 0
    qkv, y = ThreeHeads(x, x, x, n, n, n, n, n, n), Heads(x, n, n, n, n)
    grouped = Grouped(x, x, dtype.type(1), NO_PLACES, n, False, n, n, n, n)
    return n, qkv, y, grouped, (n, n, x)

"""The attention branch some rows at a time, on all threads."""

import functools
import math

import numpy as np

from minivit.chosen import keeps_caches
from minivit.ops.attention import PLAIN
from minivit.ops.multihead_attention import split_heads

from ..attention import AttentionCache
from ..attention_lanes.attended import places_of
from ..attention_lanes.space import queries_at_once
from ..heads import heads_in, three_heads_in
from ..inputs import like, need_shape, reals
from ..layernorm import LayerNormCache
from ..multihead_attention import AttentionSaved
from ..product.bf16.instructions import instruction
from ..product.tiled import stack_of
from .attend_group import NO_PLACES, Grouped, address, group_rows, room, way_for
from .attention_shares import attention_backward_share, attention_forward_share
from .choice import way_of_gradients
from .cut import ADDED_UP, AT_ONCE_BACKWARD, AT_ONCE_FORWARD, MANY, PIECES, WRITTEN, cut
from .gradients import gradients, numbers, room_for
from .space import addresses, packs_before, weights_for, workspace_for


def attention_forward_by_rows(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, heads, eps):
    """x (B, T, D) -> y (B, T, D), and what the backward needs of LayerNorm and attention."""
    x, w_qkv, w_out = reals(x=x, w_qkv=w_qkv, w_out=w_out)
    x, gamma, beta, b_qkv, b_out = like(x, x, gamma, beta, b_qkv, b_out)
    B, T, D = x.shape
    for name, array, shape in (("gamma", gamma, (D,)), ("beta", beta, (D,)),
                               ("b_qkv", b_qkv, (3 * D,)), ("b_out", b_out, (D,))):  # fmt: skip
        need_shape(name, array, shape)
    y, keeps = np.empty_like(x), keeps_caches()
    mean, rstd = np.empty((2, B * T), x.dtype)
    row_max, row_scale = np.empty((2, B, heads, T), x.dtype)
    qkv = np.empty((B, T, 3 * D), x.dtype) if keeps else None
    cutting = _cutting(way_of_gradients(w_qkv, T), w_qkv, w_out, AT_ONCE_FORWARD)
    way, sizes, grouped = _grouped(row_max, row_scale, D // heads, cutting)
    shares, workspace = workspace_for(sizes, sizes.unit, x.dtype)
    attend = address(way, x.dtype)
    room_for_heads = _room(way, shares, row_max, D // heads)
    of_rows = *_rows(x, y, x if qkv is None else qkv), keeps
    ready = packs_before(w_qkv)
    first, second = weights_for(w_qkv, w_out, ready)
    weights = first, gamma if b_qkv is None else b_qkv, second, gamma if b_out is None else b_out
    attention_forward_share(
        x.dtype, shares, of_rows, (gamma, beta, mean, rstd, x.dtype.type(eps)), weights,
        (int(b_qkv is not None), int(b_out is not None)), grouped, tuple(sizes), workspace,
        (attend, room_for_heads), addresses(x.dtype, ready),
    )  # fmt: skip
    three = split_heads(qkv, heads) if keeps else (None, None, None)
    fields = three_heads_in(qkv, heads) if keeps else None
    attention = AttentionCache(*three, fields, row_max, row_scale, None, PLAIN, None)
    saved = AttentionSaved(w_qkv, w_out, attention, b_qkv is not None, b_out is not None)
    return y, LayerNormCache(x, gamma, mean, rstd), saved


def attention_backward_by_rows(dy, norm, beta, saved):
    """dy (B, T, D) -> dx (B, T, D), dgamma, dbeta, dw_qkv (D, 3D), db_qkv, dw_out, db_out, None."""
    (x, gamma, mean, rstd), w_qkv, w_out = norm, saved.w_qkv, saved.w_out
    attention, dx, D = saved.attention, np.empty_like(x), x.shape[-1]
    row_max, row_scale = attention.row_max, attention.row_scale
    of_gradients = way_of_gradients(w_qkv, x.shape[1])
    at_once = AT_ONCE_FORWARD if of_gradients == WRITTEN else AT_ONCE_BACKWARD
    cutting, K = _cutting(of_gradients, w_qkv, w_out, at_once), D // row_max.shape[1]
    way, sizes, grouped = _grouped(row_max, row_scale, K, cutting)
    shares, workspace = workspace_for(sizes, sizes.piece, x.dtype)
    attend = address(way, x.dtype, backward=True)
    room_for_heads = _room(way, shares, row_max, K)
    sums = np.empty((-(-sizes.rows // sizes.piece), cutting[0]), x.dtype)
    left, told = room_for(of_gradients, w_qkv, w_out, sizes)
    ready = packs_before(w_qkv)
    qkv = attention.qkv[0].reshape(*x.shape[:2], 3 * D)
    attention_backward_share(
        x.dtype, shares, _rows(dy, dx, x, qkv), *told,
        (gamma, beta, mean, rstd, x.dtype.type(0)), tuple(weights_for(w_qkv.T, w_out.T, ready)),
        sums, grouped, tuple(sizes), workspace, (attend, room_for_heads),
        addresses(x.dtype, ready, backward=True),
    )  # fmt: skip
    learnt = (w_qkv, w_out), (saved.has_b_qkv, saved.has_b_out)
    return dx, *gradients(of_gradients, left, dy.reshape(-1, D), sums, *learnt), None


def _rows(*arrays):
    return tuple([stack_of(x.reshape(-1, x.shape[-1])) for x in arrays])


def _cutting(of_gradients, w_qkv, w_out, at_once):
    """What `cut` is told: how many numbers a piece adds up, how many are made at once, and how many
    pieces there are at most."""
    pieces = PIECES if of_gradients == ADDED_UP else MANY
    return numbers(of_gradients, w_qkv, w_out), at_once, pieces


def _grouped(row_max, row_scale, K, cutting):
    """Which way attention takes, how the rows are cut, and the fields of `Grouped`.

    row_max and row_scale (B, H, T).
    """
    way = way_for((*row_max.shape, K), row_max.itemsize)
    sizes, grouped = _groups(way, *row_max.shape, K, row_max.dtype, cutting)
    whole = grouped._replace(row_max=row_max.reshape(-1), row_scale=row_scale.reshape(-1))
    return way, sizes, tuple(whole)


@functools.lru_cache(maxsize=64)
def _groups(way, B, heads, T, K, dtype, cutting):
    """How the rows are cut, and a `Grouped` that has no statistics yet."""
    D, rows = heads * K, group_rows(way, heads, T, dtype)
    places, by_amx = NO_PLACES, way == "bf16" and instruction() == "amx"
    if way == "lanes":
        of_qkv = three_heads_in(np.empty((0, T, 3 * D)), heads)
        of_merged = heads_in(np.empty((0, T, D)), heads)
        places = places_of(of_qkv, of_merged, of_qkv, (B, heads, T, K), dtype)
    sizes = cut(B * T, D, 3 * D, rows, *cutting)
    return sizes, Grouped(
        row_max=None, row_scale=None, factor=dtype.type(1 / math.sqrt(K)), places=places,
        queries=queries_at_once(T), by_amx=by_amx, heads=heads, tokens=T, K=K, rows=rows,
    )  # fmt: skip


def _room(way, shares, row_max, K):
    """Workspace for attention."""
    each = room(way, row_max.shape[-1], K, row_max.itemsize)
    return np.empty(shares * each + 64, row_max.dtype)

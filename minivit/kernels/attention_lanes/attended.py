"""Attention with one head per lane, on all threads."""

import functools

import numpy as np
from numba import get_num_threads

from ..simd import lanes
from .shares import backward_lanes, forward_lanes
from .space import queries_at_once, room


def attended_into(y, qkv, statistics, shape, factor):
    """Writes y and the statistics. y, qkv: the fields of `Heads` and `ThreeHeads`."""
    dtype = statistics[0].dtype
    places = places_of(qkv, y, qkv, shape, dtype)
    shares, workspace = _shares(shape, dtype)
    forward_lanes(dtype, shares, qkv, y, statistics, places, shape, queries_at_once(shape[2]),
                  factor, workspace)  # fmt: skip


def attended_backward_into(dqkv, dy, qkv, statistics, shape, factor, y_for_dy):
    """Writes dq, dk and dv. dqkv, dy, qkv: as above; with y_for_dy, y overwrites dy."""
    dtype = statistics[0].dtype
    places = places_of(qkv, dy, dqkv, shape, dtype)
    shares, workspace = _shares(shape, dtype)
    backward_lanes(dtype, shares, qkv, dy, statistics, dqkv, places, shape,
                   queries_at_once(shape[2]), factor, y_for_dy, workspace)  # fmt: skip


def _shares(shape, dtype):
    """How many threads share the groups, and workspace for all of them."""
    batch, heads, tokens, K = shape
    shares = min(get_num_threads(), -(-batch * heads // lanes(dtype)))
    return shares, np.empty(shares * room(tokens, K, dtype.itemsize) + 64, dtype)


def places_of(qkv, y, dqkv, shape, dtype):
    """The fields of `Places`, from those of `Heads` and `ThreeHeads`."""
    batch, heads, tokens, _ = shape
    strides = *[x[-3:-1] for x in (qkv, y, dqkv)], (heads * tokens, tokens)
    return tuple([_head_places(batch, heads, *two, lanes(dtype)) for two in strides])


@functools.lru_cache(maxsize=64)
def _head_places(batch, heads, image_apart, head_apart, group):
    """Where each head begins; the last is repeated until the last group is full."""
    places = np.add.outer(np.arange(batch) * image_apart, np.arange(heads) * head_apart)
    return np.pad(places.reshape(-1), (0, -places.size % group), mode="edge")

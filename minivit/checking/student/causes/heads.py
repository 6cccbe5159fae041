"""Mistakes in how multi-head attention shares its columns among the heads, and joins them again.

The part between the two linear maps: qkv (B, T, 3HK) -> merged (B, T, HK).
"""

import math
from types import SimpleNamespace

import numpy as np

from minivit.checking.student.causes.attention import ATTENTION
from minivit.checking.student.causes.attention_parts import mixed_by, scores_of
from minivit.checking.student.causes.cause import Cause
from minivit.ops.attention import attention_backward, attention_forward
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads, split_one

COLUMNS = "w_qkv is seen as (D, 3, H, K)"
SPLIT = "q, k, v: (B, T, H, K) -> (B, H, T, K)"
MERGED = "merged: (B, H, T, K) -> (B, T, H, K) -> (B, T, HK)"
NUMBERS = "Give each token the numbers 0, 1, 2, ...: in which head should each be, and is it?"


def heads_forward(qkv, offsets, *, heads, options, drop):
    of_heads = None if offsets is None else split_one(offsets[None], heads)[0]
    mixed, cache = attention_forward(*split_heads(qkv, heads), of_heads, options=options, drop=drop)
    return merge_heads(mixed), cache


def heads_backward(dmerged, cache):
    dq, dk, dv, dof_heads = attention_backward(split_one(dmerged, cache.q.shape[1]), cache)
    doffsets = None if dof_heads is None else merge_heads(dof_heads[None])[0]
    return join_heads(dq, dk, dv), doffsets


def attended(at, q, k, v):
    """What these heads mix: (B, H, T, K)."""
    of_heads = None if at.offsets is None else split_one(at.offsets[None], at.heads)[0]
    mixed, _ = attention_forward(q, k, v, of_heads, options=at.options, drop=at.drop)
    return mixed


def merged_from(at, q, k, v):
    return {"y": merge_heads(attended(at, q, k, v))}


def axes_of_columns(at, *axes):
    """y, where the columns are read as (3, H, K) in another order: `axes` names them in it."""
    B, T, width = at.x.shape
    sizes = {"three": 3, "H": at.heads, "K": width // (3 * at.heads)}
    columns = at.x.reshape(B, T, *(sizes[axis] for axis in axes))
    order = [2 + axes.index(axis) for axis in ("three", "H", "K")]
    return merged_from(at, *columns.transpose(order[0], 0, order[1], 1, order[2]))


def split_by_reshape(at):
    q, k, v = np.split(at.x, 3, axis=-1)
    B, T, width = q.shape
    shape = B, at.heads, T, width // at.heads
    return merged_from(at, q.reshape(shape), k.reshape(shape), v.reshape(shape))


def merged_by_reshape(at):
    return {"y": attended(at, *split_heads(at.x, at.heads)).reshape(at.output.shape)}


def in_order(at, *places):
    """q, k and v taken from each other's columns; in the backward put back there."""
    parts = split_heads(at.x, at.heads)
    dparts = split_heads(at.right["dx"], at.heads)
    return {
        **merged_from(at, *(parts[i] for i in places)),
        "dx": join_heads(*(dparts[i] for i in places)),
    }


def joined_by_reshape(at):
    dparts = split_heads(at.right["dx"], at.heads)
    return {"dx": np.concatenate([d.reshape(at.output.shape) for d in dparts], axis=-1)}


def gradient_split_by_reshape(at):
    dq, dk, dv, _ = attention_backward(at.dy.reshape(at.cache.q.shape), at.cache)
    return {"dx": join_heads(dq, dk, dv)}


def columns_put_back_by_head(at):
    B, T, width = at.x.shape
    dqkv = at.right["dx"].reshape(B, T, 3, at.heads, -1)
    return {"dx": dqkv.swapaxes(2, 3).reshape(B, T, width)}


def as_attention(at):
    """What attention sees of this part."""
    q, k, v, _, offsets, _ = at.cache
    dmixed = split_one(at.dy, at.heads)
    dq, dk, dv, doffsets = attention_backward(dmixed, at.cache)
    return SimpleNamespace(
        q=q, k=k, v=v, offsets=offsets, options=at.options, drop=at.drop, dy=dmixed,
        output=split_one(at.output, at.heads), cache=at.cache, letters=at.letters,
        right={"dq": dq, "dk": dk, "dv": dv, "doffsets": doffsets},
    )  # fmt: skip


def scaled_by_the_width(at):
    if at.offsets is not None:
        return None
    inner = as_attention(at)
    mixed = mixed_by(inner, scores_of(inner, 1 / math.sqrt(at.letters.D)))
    return {"y": merge_heads(mixed["y"])}


def in_attention(cause):
    """A cause of attention, made here."""

    def mistake(at):
        inner = as_attention(at)
        right = {"y": inner.output, **inner.right}
        wrong = cause.mistake(inner) or {}
        if any(np.shape(x) != np.shape(right[name]) for name, x in wrong.items()):
            return None
        found = {}
        if "y" in wrong:
            found["y"] = merge_heads(wrong["y"])
        if not wrong.keys().isdisjoint({"dq", "dk", "dv"}):
            found["dx"] = join_heads(*({**right, **wrong}[name] for name in ("dq", "dk", "dv")))
        if "doffsets" in wrong:
            found["doffsets"] = merge_heads(wrong["doffsets"][None])[0]
        return found

    return cause._replace(mistake=mistake)


OWN = [
    Cause(
        "multihead-columns-by-head-first",
        "the columns are read as (head, q or k or v, K), not as (q or k or v, head, K)",
        NUMBERS,
        COLUMNS,
        lambda at: axes_of_columns(at, "H", "three", "K"),
    ),
    Cause(
        "multihead-columns-dealt-out",
        "a head takes every H-th column, where it should take K columns that lie side by side",
        NUMBERS,
        COLUMNS,
        lambda at: axes_of_columns(at, "three", "K", "H"),
    ),
    Cause(
        "multihead-queries-keys-and-values-dealt-out",
        "q takes every third column, where it should take the first third of them",
        NUMBERS,
        COLUMNS,
        lambda at: axes_of_columns(at, "H", "K", "three"),
    ),
    Cause(
        "multihead-queries-and-keys-exchanged",
        "the columns of q and of k are taken for each other's",
        "Which third of the columns is q, which k, and which v?",
        COLUMNS,
        lambda at: in_order(at, 1, 0, 2),
    ),
    Cause(
        "multihead-keys-and-values-exchanged",
        "the columns of k and of v are taken for each other's",
        "Which third of the columns is q, which k, and which v?",
        COLUMNS,
        lambda at: in_order(at, 0, 2, 1),
    ),
    Cause(
        "multihead-queries-and-values-exchanged",
        "the columns of q and of v are taken for each other's",
        "Which third of the columns is q, which k, and which v?",
        COLUMNS,
        lambda at: in_order(at, 2, 1, 0),
    ),
    Cause(
        "multihead-split-without-a-transposition",
        "q, k and v are reshaped to (B, H, T, K) at once: a head holds whole tokens",
        NUMBERS,
        SPLIT,
        split_by_reshape,
    ),
    Cause(
        "multihead-merged-without-a-transposition",
        "the heads' results are reshaped to (B, T, HK) at once: H stands not beside K",
        NUMBERS,
        MERGED,
        merged_by_reshape,
    ),
    Cause(
        "multihead-one-head",
        "there is one head over all columns, whatever `heads` says",
        "Print the shape of q. How many scores has an image?",
        SPLIT,
        lambda at: {
            "y": heads_forward(at.x, at.offsets, heads=1, options=at.options, drop=at.drop)[0]
        },
    ),
    Cause(
        "multihead-scale-of-the-width",
        "the scores are divided by sqrt(D), not by the root of a head's columns",
        "Over how many terms does a dot product of a head's query and key sum?",
        "scores = q k^T / sqrt(K)",
        scaled_by_the_width,
    ),
    Cause(
        "multihead-gradient-split-without-a-transposition",
        "dmerged is reshaped to (B, H, T, K) at once",
        NUMBERS,
        MERGED,
        gradient_split_by_reshape,
    ),
    Cause(
        "multihead-gradient-joined-without-a-transposition",
        "dq, dk and dv are reshaped to (B, T, HK) at once",
        NUMBERS,
        SPLIT,
        joined_by_reshape,
    ),
    Cause(
        "multihead-gradient-columns-by-head-first",
        "dq, dk and dv are put back as (head, q or k or v, K), not as (q or k or v, head, K)",
        NUMBERS,
        COLUMNS,
        columns_put_back_by_head,
    ),
]
HEADS = OWN + [in_attention(cause) for cause in ATTENTION]

"""Mistakes in how multi-head attention shares its columns among the heads, and joins them again.

The part between the two linear maps: qkv (B, T, 3HK) -> merged (B, T, HK).
"""

import math

import numpy as np

from minivit.checking.student.causes.attention import ATTENTION
from minivit.checking.student.causes.attention_parts import mixed_by, scores_of
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.heads_parts import (
    as_attention,
    attended,
    heads_forward,
    in_attention,
)
from minivit.ops.attention import attention_backward
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads

COLUMNS = "w_qkv is seen as (D, 3, H, K)"
SPLIT = "q, k, v: (B, T, H, K) -> (B, H, T, K)"
MERGED = "merged: (B, H, T, K) -> (B, T, H, K) -> (B, T, HK)"
NUMBERS = "Give each token the numbers 0, 1, 2, ...: in which head should each be, and is it?"


def merged_from(at, q, k, v):
    return {"y": merge_heads(attended(at, q, k, v))}


def axes_of_columns(at, *axes):
    """y, where the columns are read as (3, H, K) in another order: `axes` names them in it."""
    B, T, width = at.x.shape
    sizes = {"three": 3, "H": at.heads, "K": width // (3 * at.heads)}
    columns = at.x.reshape(B, T, *(sizes[axis] for axis in axes))
    order = [2 + axes.index(axis) for axis in ("three", "H", "K")]
    return merged_from(at, *columns.transpose(order[0], 0, order[1], 1, order[2]))


def merged_column_first(mixed):
    """(B, H, T, K) -> (B, T, KH)."""
    B, H, T, K = mixed.shape
    return mixed.transpose(0, 2, 3, 1).reshape(B, T, K * H)


def dealt_out_and_back(at):
    B, T, width = at.x.shape
    columns = at.x.reshape(B, T, 3, width // (3 * at.heads), at.heads)
    return {"y": merged_column_first(attended(at, *columns.transpose(2, 0, 4, 1, 3)))}


def split_by_reshape(at):
    q, k, v = np.split(at.x, 3, axis=-1)
    B, T, width = q.shape
    shape = B, at.heads, T, width // at.heads
    return merged_from(at, q.reshape(shape), k.reshape(shape), v.reshape(shape))


def merged_by_reshape(at):
    return {"y": attended(at, *split_heads(at.x, at.heads)).reshape(at.output.shape)}


def split_and_merged_by_reshape(at):
    q, k, v = np.split(at.x, 3, axis=-1)
    shape = *q.shape[:1], at.heads, q.shape[1], q.shape[2] // at.heads
    return {"y": attended(at, *(part.reshape(shape) for part in (q, k, v))).reshape(q.shape)}


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


def scaled_by_the_width(at):
    if at.offsets is not None:
        return None
    inner = as_attention(at)
    mixed = mixed_by(inner, scores_of(inner, 1 / math.sqrt(at.letters.D)))
    return {"y": merge_heads(mixed["y"])}


OWN = [
    Cause("multihead-columns-by-head-first",
          "the columns are read as (head, q or k or v, K), not as (q or k or v, head, K)", NUMBERS,
          COLUMNS, lambda at: axes_of_columns(at, "H", "three", "K")),
    Cause("multihead-columns-dealt-out",
          "a head takes every H-th column, where it should take K columns that lie side by side",
          NUMBERS, COLUMNS, lambda at: axes_of_columns(at, "three", "K", "H")),
    Cause("multihead-columns-dealt-out-and-back",
          "columns are read as (K, head), and the heads' results written so, not as (head, K)",
          NUMBERS, COLUMNS, dealt_out_and_back),
    Cause("multihead-merged-column-first",
          "the heads' results are merged as (K, head), not as (head, K)", NUMBERS, MERGED,
          lambda at: {"y": merged_column_first(attended(at, *split_heads(at.x, at.heads)))}),
    Cause("multihead-queries-keys-and-values-dealt-out",
          "q takes every third column, where it should take the first third of them", NUMBERS,
          COLUMNS, lambda at: axes_of_columns(at, "H", "K", "three")),
    Cause("multihead-queries-and-keys-exchanged",
          "the columns of q and of k are taken for each other's",
          "Which third of the columns is q, which k, and which v?", COLUMNS,
          lambda at: in_order(at, 1, 0, 2)),
    Cause("multihead-keys-and-values-exchanged",
          "the columns of k and of v are taken for each other's",
          "Which third of the columns is q, which k, and which v?", COLUMNS,
          lambda at: in_order(at, 0, 2, 1)),
    Cause("multihead-queries-and-values-exchanged",
          "the columns of q and of v are taken for each other's",
          "Which third of the columns is q, which k, and which v?", COLUMNS,
          lambda at: in_order(at, 2, 1, 0)),
    Cause("multihead-split-without-a-transposition",
          "q, k and v are reshaped to (B, H, T, K) at once: a head holds whole tokens", NUMBERS,
          SPLIT, split_by_reshape),
    Cause("multihead-merged-without-a-transposition",
          "the heads' results are reshaped to (B, T, HK) at once: H stands not beside K", NUMBERS,
          MERGED, merged_by_reshape),
    Cause("multihead-split-and-merged-without-transpositions",
          "q, k and v are reshaped to (B, H, T, K) at once, and the results back: a head holds "
          "whole tokens", NUMBERS, SPLIT, split_and_merged_by_reshape),
    Cause("multihead-one-head", "there is one head over all columns, whatever `heads` says",
          "Print the shape of q. How many scores has an image?", SPLIT,
          lambda at: {
              "y": heads_forward(at.x, at.offsets, heads=1, options=at.options, drop=at.drop)[0]
          }),
    Cause("multihead-scale-of-the-width",
          "the scores are divided by sqrt(D), not by the root of a head's columns",
          "Over how many terms does a dot product of a head's query and key sum?",
          "scores = q k^T / sqrt(K)", scaled_by_the_width),
    Cause("multihead-gradient-split-without-a-transposition",
          "dmerged is reshaped to (B, H, T, K) at once", NUMBERS, MERGED,
          gradient_split_by_reshape),
    Cause("multihead-gradient-joined-without-a-transposition",
          "dq, dk and dv are reshaped to (B, T, HK) at once", NUMBERS, SPLIT, joined_by_reshape),
    Cause("multihead-gradient-columns-by-head-first",
          "dq, dk and dv are put back as (head, q or k or v, K), not as (q or k or v, head, K)",
          NUMBERS, COLUMNS, columns_put_back_by_head),
]  # fmt: skip
HEADS = OWN + [in_attention(cause) for cause in ATTENTION]

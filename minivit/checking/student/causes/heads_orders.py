"""More mistakes in how multi-head attention shares and joins columns: in every other order."""

import itertools
import math

import numpy as np

from minivit.checking.student.causes.attention_parts import mixed_by, scores_of
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.heads import (
    COLUMNS,
    MERGED,
    NUMBERS,
    SPLIT,
    axes_of_columns,
    merged_from,
)
from minivit.checking.student.causes.heads_parts import as_attention, attended
from minivit.ops.attention import attention_backward
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads, split_one

THREE, H, K = "three", "H", "K"
WORDS = {THREE: "q or k or v", H: "head", K: "column of the head"}
SCALE = "scores = q k^T / sqrt(K)"
TERMS = "Over how many terms does a dot product of a head's query and key sum?"
THIRDS = "What does each third of qkv give to the scores and to the result, and what comes back?"


def told(axes):
    return ", ".join(WORDS[axis] for axis in axes)


def mixed(at):
    return attended(at, *split_heads(at.x, at.heads))


def sizes(at):
    return {THREE: 3, H: at.heads, K: at.x.shape[2] // (3 * at.heads)}


def put_back(at, axes):
    """dx where the gradient's columns are written in another order."""
    B, T, width = at.x.shape
    columns = at.right["dx"].reshape(B, T, 3, at.heads, -1)
    order = [2 + (THREE, H, K).index(axis) for axis in axes]
    return {"dx": columns.transpose(0, 1, *order).reshape(B, T, width)}


def merged_as(at, order):
    """(B, H, T, K) with its last three axes in another order, and reshaped to (B, T, HK)."""
    return {"y": mixed(at).transpose(0, *order).reshape(at.output.shape)}


def reshaped_at_once(at, axes):
    """qkv (B, T, 3HK), reshaped to these axes without a transposition."""
    B, T, _ = at.x.shape
    lengths = sizes(at) | {"B": B, "T": T}
    parts = at.x.reshape([lengths[axis] for axis in axes])
    return merged_from(at, *parts.transpose([axes.index(axis) for axis in (THREE, "B", H, "T", K)]))


def columns_before_tokens(at):
    """q, k and v (B, T, HK) are reshaped to (B, H, K, T), and then transposed."""
    parts = np.split(at.x, 3, axis=-1)
    B, T, width = parts[0].shape
    shape = B, at.heads, width // at.heads, T
    return merged_from(at, *(part.reshape(shape).swapaxes(2, 3) for part in parts))


def gradient_split_column_first(at):
    B, T, width = at.dy.shape
    dmixed = at.dy.reshape(B, T, width // at.heads, at.heads).transpose(0, 3, 1, 2)
    dq, dk, dv, _ = attention_backward(dmixed, at.cache)
    return {"dx": join_heads(dq, dk, dv)}


def scaled(at, factor):
    if at.offsets is not None:
        return None
    inner = as_attention(at)
    return {"y": merge_heads(mixed_by(inner, scores_of(inner, factor))["y"])}


def same_for_all(at, chosen):
    """Every head's place holds what `chosen` makes of all heads (B, H, T, K)."""
    one = chosen(mixed(at))
    return {"y": merge_heads(np.broadcast_to(one, at.cache.q.shape))}


def without(at, *lost):
    """dx where the gradient of q, k or v (0, 1, 2) is lost."""
    dparts = split_heads(at.right["dx"], at.heads)
    return {"dx": join_heads(*(d * (i not in lost) for i, d in enumerate(dparts)))}


def in_turn(at, places):
    """q, k and v from the thirds `places`: y."""
    parts = split_heads(at.x, at.heads)
    return merged_from(at, *(parts[i] for i in places))


def gradients_in_turn(at, places):
    dparts = split_heads(at.right["dx"], at.heads)
    return {"dx": join_heads(*(dparts[i] for i in places))}


def first_head_alone(at):
    dmixed = split_one(at.dy, at.heads).copy()
    dmixed[:, 1:] = 0
    dq, dk, dv, _ = attention_backward(dmixed, at.cache)
    return {"dx": join_heads(dq, dk, dv)}


OTHER_COLUMNS = [(K, THREE, H), (K, H, THREE)]
OTHER_GRADIENTS = [
    axes for axes in itertools.permutations((THREE, H, K))
    if axes not in ((THREE, H, K), (H, THREE, K))
]  # fmt: skip
AT_ONCE = [(THREE, "B", H, "T", K), ("B", THREE, H, "T", K), ("B", H, THREE, "T", K),
           ("B", H, "T", THREE, K), (THREE, "B", "T", H, K)]  # fmt: skip
MERGES = [(0, 2, 1), (2, 0, 1), (2, 1, 0)]
TURNS = [(1, 2, 0), (2, 0, 1)]
REPEATED = {(0, 0, 2): "k is the third of q",
            (0, 1, 0): "v is the third of q", (1, 1, 2): "q is the third of k",
            (0, 2, 2): "k is the third of v", (2, 1, 2): "q is the third of v"}  # fmt: skip
SCALES = {"sqrt(H)": lambda at: math.sqrt(at.heads), "H": lambda at: at.heads,
          "the width": lambda at: at.letters.D,
          "sqrt(HK)": lambda at: math.sqrt(at.x.shape[2] / 3),
          "sqrt(3HK)": lambda at: math.sqrt(at.x.shape[2]),
          "sqrt(3K)": lambda at: math.sqrt(at.x.shape[2] / at.heads)}  # fmt: skip


def orders(name, sentence, line, formula, some):
    return [
        Cause(f"multihead-{name}", f"{sentence} ({told(axes)})", NUMBERS, line,
              lambda at, axes=axes: formula(at, axes))
        for axes in some
    ]  # fmt: skip


ORDERS = [
    *orders("columns-in-another-order", "the columns of qkv are read as", COLUMNS,
            lambda at, axes: axes_of_columns(at, *axes), OTHER_COLUMNS),
    *orders("gradient-columns-in-another-order", "dq, dk and dv are put back as", COLUMNS,
            put_back, OTHER_GRADIENTS),
    *(Cause("multihead-reshaped-at-once", f"qkv is reshaped to ({', '.join(axes)}) at once, where "
            "`three` is q, k and v: tokens come apart", NUMBERS, SPLIT,
            lambda at, axes=axes: reshaped_at_once(at, axes)) for axes in AT_ONCE),
    Cause("multihead-columns-before-tokens",
          "q, k and v are reshaped to (B, H, K, T), and then transposed", NUMBERS, SPLIT,
          columns_before_tokens),
    *(Cause("multihead-merged-along-other-axes", "the wrong axes of the heads' results are "
            "transposed before they are merged", NUMBERS, MERGED,
            lambda at, order=order: merged_as(at, [1 + axis for axis in order]))
      for order in MERGES),
    Cause("multihead-gradient-split-column-first",
          "dmerged is split as (K, head), not as (head, K)", NUMBERS, MERGED,
          gradient_split_column_first),
    *(Cause("multihead-thirds-in-another-order", "q, k and v are the thirds of qkv in another "
            "order", THIRDS, COLUMNS, lambda at, turn=turn: in_turn(at, turn)) for turn in TURNS),
    *(Cause("multihead-gradient-thirds-in-another-order",
            "dq, dk and dv are joined in another order than q, k and v came in", THIRDS, COLUMNS,
            lambda at, turn=turn: gradients_in_turn(at, turn)) for turn in TURNS),
    *(Cause("multihead-third-used-twice", f"{words}, which is used twice", THIRDS, COLUMNS,
            lambda at, places=places: in_turn(at, places)) for places, words in REPEATED.items()),
    *(Cause("multihead-scale-of-another-size", f"the scores are divided by {words}, not by the "
            "root of a head's columns", TERMS, SCALE,
            lambda at, size=size: scaled(at, 1 / size(at))) for words, size in SCALES.items()),
    Cause("multihead-heads-averaged", "the heads' results are averaged, not joined",
          "How many columns has one head, and how many has merged?", MERGED,
          lambda at: same_for_all(at, lambda of_heads: of_heads.mean(axis=1, keepdims=True))),
    Cause("multihead-heads-summed", "the heads' results are summed, not joined",
          "How many columns has one head, and how many has merged?", MERGED,
          lambda at: same_for_all(at, lambda of_heads: of_heads.sum(axis=1, keepdims=True))),
    Cause("multihead-first-head-for-all", "the result of the first head stands for all",
          "Which head does each part of merged come from?", MERGED,
          lambda at: same_for_all(at, lambda of_heads: of_heads[:, :1])),
    Cause("multihead-heads-reversed", "the heads are joined from the last to the first",
          "Which head does each part of merged come from?", MERGED,
          lambda at: {"y": merge_heads(mixed(at)[:, ::-1])}),
    Cause("multihead-gradient-of-the-first-head-alone", "only the first head gets a gradient",
          "Which heads does dmerged go to?", MERGED, first_head_alone),
    Cause("multihead-gradient-without-the-queries", "dqkv has 0 for the queries", THIRDS, COLUMNS,
          lambda at: without(at, 0)),
    Cause("multihead-gradient-without-the-keys", "dqkv has 0 for the keys", THIRDS, COLUMNS,
          lambda at: without(at, 1)),
    Cause("multihead-gradient-without-the-values", "dqkv has 0 for the values", THIRDS, COLUMNS,
          lambda at: without(at, 2)),
]  # fmt: skip

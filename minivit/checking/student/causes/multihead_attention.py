"""Mistakes in multi-head attention: in its linear maps, and those of the heads between them."""

from types import SimpleNamespace

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.heads import HEADS
from minivit.checking.student.causes.heads_orders import ORDERS
from minivit.checking.student.causes.heads_parts import heads_backward, heads_forward
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.linear import LINEAR, SQUARE

QKV = "dx = dqkv w_qkv^T: the sum of what comes through q, k and v"
OUT = "out = merged w_out + b_out"
ADDED = "x goes three ways, to q, to k and to v. What happens to the three gradients of x?"
BETWEEN = SimpleNamespace(heads_forward=heads_forward, heads_backward=heads_backward)


def steps(at):
    options = {"heads": at.heads, "options": at.options, "drop": at.drop}
    out = [] if at.w_out is None else [Step("linear", {"w": "w_out", "b": "b_out"}, {}, "out")]
    return [
        Step("linear", {"w": "w_qkv", "b": "b_qkv"}, {}, "qkv"),
        Step("heads", {"offsets": "offsets"}, options, source=BETWEEN),
        *out,
    ]


def through(at, *parts):
    """dx through some of q, k and v alone, which are 0, 1 and 2."""
    HK = at.w.shape[1] // 3
    columns = [slice(i * HK, (i + 1) * HK) for i in parts]
    return {"dx": sum(at.dy[..., c] @ at.w[:, c].T for c in columns)}


def without_bias(at, parts):
    """qkv without the bias of some of q, k and v."""
    if at.b is None:
        return None
    y, HK = at.output.copy(), at.w.shape[1] // 3
    for i in parts:
        y[..., i * HK : (i + 1) * HK] -= at.b[i * HK : (i + 1) * HK]
    return {"y": y}


def in_other_thirds(at, places):
    found = {"dw": at.right["dw"], "db": at.right["db"]}
    return {
        name: np.concatenate([np.split(d, 3, axis=-1)[i] for i in places], axis=-1)
        for name, d in found.items()
        if d is not None
    }


IN_QKV = [
    Cause("multihead-input-gradient-of-the-values-alone", "dx is what comes through v alone", ADDED,
          QKV, lambda at: through(at, 2)),
    Cause("multihead-input-gradient-of-the-queries-alone", "dx is what comes through q alone",
          ADDED, QKV, lambda at: through(at, 0)),
    Cause("multihead-input-gradient-of-the-keys-alone", "dx is what comes through k alone", ADDED,
          QKV, lambda at: through(at, 1)),
    Cause("multihead-input-gradient-without-the-values", "dx lacks what comes through v", ADDED,
          QKV, lambda at: through(at, 0, 1)),
    Cause("multihead-input-gradient-without-the-keys", "dx lacks what comes through k", ADDED, QKV,
          lambda at: through(at, 0, 2)),
    Cause("multihead-input-gradient-without-the-queries", "dx lacks what comes through q", ADDED,
          QKV, lambda at: through(at, 1, 2)),
]  # fmt: skip
BIASES = [  # that of the keys changes nothing: it adds the same to all scores of a query
    Cause(f"multihead-bias-of-the-{name}-forgotten", f"the bias is not added to the {name}",
          "To which columns of qkv is b_qkv added?", "[q, k, v] = x w_qkv + b_qkv",
          lambda at, parts=parts: without_bias(at, parts))
    for name, parts in (("queries", [0]), ("values", [2]), ("queries-and-values", [0, 2]))
]  # fmt: skip
EXCHANGED = [
    Cause("multihead-parts-exchanged-in-dw", "in dw_qkv and db_qkv the thirds of q, k and v are in "
          "another order", "Which third of w_qkv made q?", "dw_qkv = x^T [dq, dk, dv]",
          lambda at, places=places: in_other_thirds(at, places))
    for places in ((1, 0, 2), (0, 2, 1), (2, 1, 0), (1, 2, 0), (2, 0, 1))
]  # fmt: skip
OWN = [
    Cause("multihead-input-added", "x is added to the result: that is the block's business",
          "What should the result be, if w_out and b_out are 0?", OUT,
          lambda at: {"y": at.output + at.x}),
    Cause("multihead-output-projection-forgotten",
          "the merged heads are the result: w_out is not used",
          "Change w_out: does the result change?", OUT,
          lambda at: None if at.cache.out is None else {"y": at.cache.out.x}),
]  # fmt: skip
IN_OUT = [
    Cause("multihead-output-projection-skipped-in-the-backward",
          "dout goes to the heads as it is, not through w_out",
          "Go through the forward from its last line up. Has each one its derivative?",
          "dmerged = dout w_out^T", lambda at: {"dx": at.dy}),
]  # fmt: skip
MULTIHEAD_ATTENTION = [
    *OWN,
    *inside(IN_QKV, "qkv", steps),
    *inside(BIASES, "qkv", steps),
    *inside(EXCHANGED, "qkv", steps),
    *inside(IN_OUT, "out", steps),
    *inside(HEADS, "heads", steps),
    *inside(ORDERS, "heads", steps),
    *inside(LINEAR, "qkv", steps, where="in the map to q, k and v"),
    *inside(LINEAR + SQUARE, "out", steps, where="in the output projection"),
]
UNSEEN = "dropout-first-image-ignored"  # no call of the op alone is for a part of a batch
CAUSES = {"multihead_attention": [cause for cause in MULTIHEAD_ATTENTION if cause.name != UNSEEN]}

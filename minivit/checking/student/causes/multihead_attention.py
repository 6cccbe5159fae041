"""Mistakes in multi-head attention: in its linear maps, and those of the heads between them."""

from types import SimpleNamespace

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.heads import HEADS
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


IN_QKV = [
    Cause("multihead-input-gradient-of-the-values-alone", "dx is what comes through v alone", ADDED,
          QKV, lambda at: through(at, 2)),
    Cause("multihead-input-gradient-of-the-queries-alone", "dx is what comes through q alone",
          ADDED, QKV, lambda at: through(at, 0)),
    Cause("multihead-input-gradient-without-the-values", "dx lacks what comes through v", ADDED,
          QKV, lambda at: through(at, 0, 1)),
    Cause("multihead-input-gradient-without-the-keys", "dx lacks what comes through k", ADDED, QKV,
          lambda at: through(at, 0, 2)),
    Cause("multihead-input-gradient-without-the-queries", "dx lacks what comes through q", ADDED,
          QKV, lambda at: through(at, 1, 2)),
]  # fmt: skip
OWN = [
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
    *inside(IN_OUT, "out", steps),
    *inside(HEADS, "heads", steps),
    *inside(LINEAR, "qkv", steps, where="in the map to q, k and v"),
    *inside(LINEAR + SQUARE, "out", steps, where="in the output projection"),
]
UNSEEN = "dropout-first-image-ignored"  # no call of the op alone is for a part of a batch
CAUSES = {"multihead_attention": [cause for cause in MULTIHEAD_ATTENTION if cause.name != UNSEEN]}

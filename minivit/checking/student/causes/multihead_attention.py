"""Mistakes in multi-head attention: in its linear maps, and those of the heads between them."""

from types import SimpleNamespace

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.heads import HEADS, heads_backward, heads_forward
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.linear import LINEAR

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
    Cause(
        "multihead-input-gradient-of-the-values-alone",
        "dx is what comes through v alone",
        ADDED,
        QKV,
        lambda at: through(at, 2),
    ),
    Cause(
        "multihead-input-gradient-of-the-queries-alone",
        "dx is what comes through q alone",
        ADDED,
        QKV,
        lambda at: through(at, 0),
    ),
    Cause(
        "multihead-input-gradient-without-the-values",
        "dx lacks what comes through v",
        ADDED,
        QKV,
        lambda at: through(at, 0, 1),
    ),
    Cause(
        "multihead-input-gradient-without-the-keys",
        "dx lacks what comes through k",
        ADDED,
        QKV,
        lambda at: through(at, 0, 2),
    ),
    Cause(
        "multihead-input-gradient-without-the-queries",
        "dx lacks what comes through q",
        ADDED,
        QKV,
        lambda at: through(at, 1, 2),
    ),
]
IN_OUT = [
    Cause(
        "multihead-output-projection-forgotten",
        "the merged heads are the result: w_out is not used",
        "Change w_out: does the result change?",
        OUT,
        lambda at: {"y": at.x},
    ),
    Cause(
        "multihead-output-projection-skipped-in-the-backward",
        "dout goes to the heads as it is, not through w_out",
        "Go through the forward from its last line to its first. Has each one its derivative?",
        "dmerged = dout w_out^T",
        lambda at: {"dx": at.dy},
    ),
]
MULTIHEAD_ATTENTION = [
    *inside(IN_QKV, "qkv", steps),
    *inside(IN_OUT, "out", steps),
    *inside(HEADS, "heads", steps),
    *inside(LINEAR, "qkv", steps),
    *inside(LINEAR, "out", steps),
]
CAUSES = {"multihead_attention": MULTIHEAD_ATTENTION}

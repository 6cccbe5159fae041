"""Mistakes in the two branches of a block: y = x + f(LN(x)), where f is attention or the MLP."""

import functools

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.dropping import DROPOUT, STOCHASTIC_DEPTH
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.layernorm import LAYERNORM
from minivit.checking.student.causes.mlp import MLP
from minivit.checking.student.causes.multihead_attention import MULTIHEAD_ATTENTION
from minivit.ops.layernorm import layernorm_backward, layernorm_forward
from minivit.ops.left_out import add_result, result_gradient

Y = "y = x + f(LN(x))"
DX = "dx = dy + dx_branch"
ORDER = "In which order do norm, f and sum come? See equations 2 and 3 of the ViT paper."
TWICE = "In how many places does x stand in y = x + f(LN(x))? Each adds a term to dx."
SUM = "y = x + f(...): which of the two terms may be left out of an image?"


def attention_step(at):
    names = ["w_qkv", "b_qkv", "w_out", "b_out", "offsets"]
    options = {"heads": at.heads, "options": at.options, "drop": at.drop.inside}
    return Step("multihead_attention", {name: name for name in names}, options)


def mlp_step(at):
    names = ["w1", "b1", "w2", "b2"]
    options = {"gelu": at.gelu, "drop": at.drop.inside}
    return Step("mlp", {name: name for name in names}, options)


def norm_step(at):
    return Step("layernorm", {"gamma": "gamma", "beta": "beta"}, {"eps": at.eps})


def steps(inner, at):
    """All that comes before the sum."""
    out, images = at.drop.out, at.drop.images
    return [
        norm_step(at),
        inner(at),
        *([] if out is None else [Step("dropout", {}, {"drop": out})]),
        *([] if images is None else [Step("stochastic_depth", {}, {"drop": images})]),
    ]


def added(at, found):
    """x joins what the steps return, and dy what comes back."""
    if "y" in found:
        found["y"] = at.x + found["y"]
    if "dx" in found:
        found["dx"] = at.dy + found["dx"]
    return found


def norm(at, x):
    return layernorm_forward(x, at.gamma, at.beta, eps=at.eps)[0]


def left_of(at, result):
    """What dropout and stochastic depth leave of f's result."""
    return add_result(0, result, at.drop)[0]


def f(inner, at, x):
    return left_of(at, inner(at).forward(at, x)[0])


def norm_gradient(at, dnormed):
    return layernorm_backward(dnormed, at.cache.norm)[0]


def normed_gradient(inner, at):
    """What comes back from f to LN(x)."""
    return inner(at).backward(result_gradient(at.dy, at.cache.left), at.cache[1])["dx"]


def sum_dropped(inner, at):
    if at.drop.images is None and at.drop.out is None:
        return None
    whole = at.x + inner(at).forward(at, norm(at, at.x))[0]
    dx = at.right["dx"] - at.dy + result_gradient(at.dy, at.cache.left)
    return {"y": left_of(at, whole), "dx": dx}


def own(inner):
    """The mistakes of a branch around `inner`."""
    return [
        Cause("branch-normalised-after-the-sum",
              "it is LN(x + f(x)), the post-norm of the first transformers", ORDER, Y,
              lambda at: {"y": norm(at, at.x + f(inner, at, at.x))}),
        Cause("branch-normalised-before-the-sum",
              "it is x + LN(f(x)): the norm stands behind f, not in front of it", ORDER, Y,
              lambda at: {"y": at.x + norm(at, f(inner, at, at.x))}),
        Cause("branch-norm-forgotten", "f gets x itself, not LN(x)", ORDER, Y,
              lambda at: {"y": at.x + f(inner, at, at.x)}),
        Cause("branch-skip-from-behind-the-norm", "f's result is added to LN(x), not to x", ORDER,
              Y, lambda at: {"y": norm(at, at.x) + at.output - at.x}),
        Cause("branch-skip-connection-forgotten", "x is not added",
              "What is y if all weights are 0, and what should it be?", Y,
              lambda at: {"y": at.output - at.x}),
        Cause("branch-skip-connection-forgotten-in-the-backward",
              "dx lacks the part that comes along the skip connection", TWICE, DX,
              lambda at: {"dx": at.right["dx"] - at.dy}),
        Cause("branch-skip-connection-counted-twice", "dy is added for the skip connection twice",
              TWICE, DX, lambda at: {"dx": at.right["dx"] + at.dy}),
        Cause("branch-skip-connection-alone", "dx is dy: what comes through the branch is missing",
              TWICE, DX, lambda at: {"dx": at.dy}),
        Cause("branch-norm-skipped-in-the-backward",
              "what comes back from f is added to dy without going back through the norm",
              "Go through the forward from its last line up. Has each one its derivative?",
              DX, lambda at: {"dx": at.dy + normed_gradient(inner, at)}),
        Cause("branch-skip-connection-through-the-norm",
              "dy goes back through the norm too, and the skip connection goes past it",
              "Draw the branch: at which point do the two ways part, and which way has the norm?",
              DX, lambda at: {"dx": norm_gradient(at, at.dy + normed_gradient(inner, at))}),
        Cause("branch-sum-dropped",
              "the sum is dropped, and with it the skip connection, not f's result alone", SUM,
              "y = x + what is left of f(LN(x))", lambda at: sum_dropped(inner, at)),
    ]  # fmt: skip


def branch(inner, name, causes):
    every = functools.partial(steps, inner)
    return [
        *own(inner),
        *inside(causes, name, every, finish=added),
        *inside(LAYERNORM, "layernorm", every, finish=added),
        *inside(DROPOUT, "dropout", every, finish=added, where="in what is added to x"),
        *inside(STOCHASTIC_DEPTH, "stochastic_depth", every, finish=added),
    ]


CAUSES = {
    "attention_branch": branch(attention_step, "multihead_attention", MULTIHEAD_ATTENTION),
    "mlp_branch": branch(mlp_step, "mlp", MLP),
}

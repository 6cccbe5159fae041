"""Mistakes in the head, and in the hidden layer before it."""

from types import SimpleNamespace

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause, of_op
from minivit.checking.student.causes.inside import Step, inside
from minivit.checking.student.causes.linear import LINEAR
from minivit.checking.student.causes.token_pools import POOLING, when

HEAD = "logits = pool(x) w + b"
DW = "dw = pooled^T dlogits"
PRE_LOGITS = "y = tanh(z),   z = x w + b"
SLOPE = "dz = dy (1 - tanh(z)^2) = dy (1 - y^2)"


OTHERS = SimpleNamespace(  # what stands beside the linear map, as ops of one gradient
    tokens_forward=ops.pool_forward,
    tokens_backward=lambda dy, cache: ops.pool_backward(dy, cache)[0],
    tanh_forward=lambda z: (np.tanh(z), z),
    tanh_backward=lambda dy, z: dy * (1 - np.tanh(z) ** 2),
)


def head_steps(at) -> list[Step]:
    linear = Step("linear", {"w": "w", "b": "b"}, {})
    if at.pool is None:
        return [linear]
    pooling = {"pool": at.pool, "has_cls": at.has_cls}
    return [Step("tokens", {}, pooling, source=OTHERS), linear]


def pre_logits_steps(at) -> list[Step]:
    return [Step("linear", {"w": "w", "b": "b"}, {}), Step("tanh", {}, {}, source=OTHERS)]


def softmax_left_on(at):
    probs, softmax = ops.softmax_forward(at.output)
    return {"y": probs} | gradients(
        ops.head_backward(ops.softmax_backward(at.dy, softmax), at.cache)
    )


def gradients(dx_dw_db):
    return dict(zip(("dx", "dw", "db"), dx_dw_db, strict=True))


def channels_first(at):
    pooled = at.x.transpose(0, 2, 1).reshape(len(at.x), -1)
    return {"y": ops.linear_forward(pooled, at.w, at.b)[0], "dw": pooled.T @ at.dy}


def bent(bend, slope):
    """y by another function of z, and its gradients; those alone if `bend` is None."""

    def mistake(at):
        z, linear = ops.linear_forward(at.x, at.w, at.b)
        y = at.output if bend is None else bend(z)
        found = gradients(ops.linear_backward(at.dy * slope(y, z), linear))
        return found if bend is None else {"y": y} | found

    return mistake


def slope_cause(name, sentence, slope) -> Cause:
    """Another slope of tanh in the backward, as a formula of y and z."""
    hint = "What is the slope of tanh at 0, and far from 0? Draw yours beside it."
    return Cause(f"pre-logits-{name}", sentence, hint, SLOPE, bent(None, slope))


def bend_cause(name, sentence, bend, slope) -> Cause:
    hint = "Between which two numbers does every y lie?"
    return Cause(f"pre-logits-{name}", sentence, hint, PRE_LOGITS, bent(bend, slope))


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def bias_after(at):
    if at.b is None:
        return None
    inner, linear = ops.linear_forward(at.x, at.w, None)
    y = np.tanh(inner)
    dx, dw, _ = ops.linear_backward(at.dy * (1 - y**2), linear)
    return {"y": y + at.b, "dx": dx, "dw": dw}


HEAD_CAUSES = [
    *of_op("head", POOLING),
    Cause(
        "head-softmax-left-on",
        "the head returns probabilities instead of logits",
        "Where is the softmax, if cross_entropy is fused with it?",
        HEAD,
        softmax_left_on,
    ),
    Cause(
        "head-pooling-forgotten-in-the-backward",
        "dx is the gradient of what was pooled, not that of the tokens",
        "Compare the shapes of x and dx. What lies between x and the vector that meets w?",
        "dx = the pooling's gradient of dlogits w^T",
        lambda at: {"dx": at.dy @ at.w.T} if at.pool else None,
    ),
    Cause(
        "head-flattened-channels-first",
        "the numbers are flattened column by column instead of token by token",
        "Which numbers of one token stand next to each other?",
        HEAD,
        when("flatten", channels_first),
    ),
    Cause(
        "head-weights-meet-all-tokens",
        "dw is summed over all tokens, where only the cls token meets w",
        "Which vector of an image is multiplied by w?",
        DW,
        when("cls", lambda at: {"dw": np.einsum("btd,bc->dc", at.x, at.dy)}),
    ),
    *inside(LINEAR, "linear", head_steps),
]
PRE_LOGITS_CAUSES = [
    slope_cause("slope-forgotten", "the slope of tanh is left out of the backward",
                lambda y, z: np.ones_like(y)),
    slope_cause("slope-without-the-square", "the slope of tanh is taken as 1 - y",
                lambda y, z: 1 - y),
    slope_cause("tanh-of-tanh", "the slope is taken at y instead of at z: tanh stands in it twice",
                lambda y, z: 1 - np.tanh(y) ** 2),
    slope_cause("slope-from-z", "the slope is taken as 1 - z^2: z stands where tanh(z) should",
                lambda y, z: 1 - z**2),
    slope_cause("slope-of-the-sigmoid", "the slope is y (1 - y), that of the sigmoid",
                lambda y, z: y * (1 - y)),
    slope_cause("slope-squared-as-a-whole", "the slope is (1 - y)^2: the square is of too much",
                lambda y, z: (1 - y) ** 2),
    slope_cause("slope-of-one-over-cosh", "the slope is 1 / cosh(z), without a square",
                lambda y, z: 1 / np.cosh(z)),
    bend_cause("tanh-forgotten", "there is no tanh: y is x w + b",
               lambda z: z, lambda y, z: np.ones_like(z)),
    bend_cause("sigmoid-for-tanh", "y is the sigmoid of z, which is never negative",
               sigmoid, lambda y, z: y * (1 - y)),
    bend_cause("relu-for-tanh", "y is max(z, 0) instead of tanh(z)",
               lambda z: np.maximum(z, 0), lambda y, z: z > 0),
    Cause(
        "pre-logits-bias-after-the-tanh",
        "the bias is added to the tanh instead of before it",
        "Between which two numbers does every y lie?",
        PRE_LOGITS,
        bias_after,
    ),
    *inside(LINEAR, "linear", pre_logits_steps),
]  # fmt: skip
CAUSES = {"head": HEAD_CAUSES, "pre_logits": PRE_LOGITS_CAUSES}

"""Mistakes in pooling: those of the pool alone, most of them in sequence pooling."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause, of_op
from minivit.checking.student.causes.token_pools import FLATTEN, MEAN, POOLING, when

SEQUENCE = "sequence: y = sum_t probs_t x_t,   probs = softmax over t of x_t w + b"
DX = "sequence: dx_t = probs_t dy + dscores_t w^T,   dprobs_t = dy . x_t"


def probs_of(at):
    return at.cache.softmax.probs


def pooled_by(probs):
    """y for other probs: `probs` makes them from the scores (B, T)."""

    def mistake(at):
        scores = ops.linear_forward(at.x, at.w, at.b)[0][:, :, 0]
        return {"y": np.einsum("bt,btd->bd", probs(scores, at), at.x)}

    return when("sequence", mistake)


def softmax(scores):
    return ops.softmax_forward(scores)[0]


def through_scores(dscores, direct=True):
    """The gradients for other dscores, which `dscores` makes from probs and dprobs."""

    def mistake(at):
        probs = probs_of(at)
        made = dscores(probs, np.einsum("bd,btd->bt", at.dy, at.x))
        dx, dw, db = ops.linear_backward(made[..., None], at.cache.linear)
        return {"dx": dx + direct * probs[..., None] * at.dy[:, None], "dw": dw, "db": db}

    return when("sequence", mistake)


def right_scores(probs, dprobs):
    return probs * (dprobs - (probs * dprobs).sum(axis=1, keepdims=True))


def channels_first(at):
    dx = at.dy.reshape(len(at.x), at.x.shape[2], at.x.shape[1]).transpose(0, 2, 1)
    return {"y": at.x.transpose(0, 2, 1).reshape(at.output.shape), "dx": dx}


POOL = [
    *of_op("pool", POOLING),
    Cause(
        "pool-max-for-mean",
        "it is the largest number of each column, not the mean",
        "Which of the tokens should have a say in y?",
        MEAN,
        when("mean", lambda at: {"y": at.x[:, int(at.has_cls) :].max(axis=1)}),
    ),
    Cause(
        "pool-flattened-channels-first",
        "the numbers come column by column instead of token by token",
        "Which numbers of one token stand next to each other in y?",
        FLATTEN,
        when("flatten", channels_first),
    ),
    Cause(
        "pool-softmax-over-images",
        "the softmax runs over the images instead of the tokens of an image",
        "What do the probs of one image sum to?",
        SEQUENCE,
        pooled_by(lambda scores, at: softmax(scores.T).T),
    ),
    Cause(
        "pool-softmax-forgotten",
        "the scores themselves are the weights, without a softmax",
        "What do the weights of one image sum to?",
        SEQUENCE,
        pooled_by(lambda scores, at: scores),
    ),
    Cause(
        "pool-scores-scaled",
        "the scores are divided by a square root, which belongs to attention",
        "Compare your scores with x w + b.",
        SEQUENCE,
        pooled_by(lambda scores, at: softmax(scores / np.sqrt(at.x.shape[2]))),
    ),
    Cause(
        "pool-mean-of-the-weighted-tokens",
        "the weighted tokens are averaged where they should be summed",
        "If all tokens are the same vector, what should y be?",
        SEQUENCE,
        when("sequence", lambda at: {"y": at.output / at.x.shape[1]}),
    ),
    Cause(
        "pool-weights-taken-as-constants",
        "dx lacks the part that goes through the scores, as if the probs were constants",
        "In how many places does x_t stand in the formula of y? Each adds a term to dx.",
        DX,
        when("sequence", lambda at: {"dx": probs_of(at)[..., None] * at.dy[:, None]}),
    ),
    Cause(
        "pool-scores-alone",
        "dx lacks the part of the weighted sum, and goes through the scores alone",
        "In how many places does x_t stand in the formula of y? Each adds a term to dx.",
        DX,
        lambda at: {"dx": (through_scores(right_scores, direct=False)(at) or {}).get("dx")},
    ),
    Cause(
        "pool-softmax-taken-as-elementwise",
        "the gradient of the softmax lacks what a score does to the other probs",
        "If one score grows, what happens to the probs of the other tokens?",
        "dscores = probs (dprobs - sum(dprobs probs))",
        through_scores(lambda probs, dprobs: probs * dprobs),
    ),
    Cause(
        "pool-softmax-skipped-in-the-backward",
        "the gradient of the probs is taken for that of the scores",
        "What stands between scores and probs, and what is its backward?",
        "dscores = probs (dprobs - sum(dprobs probs))",
        through_scores(lambda probs, dprobs: dprobs),
    ),
]
CAUSES = {"pool": POOL}

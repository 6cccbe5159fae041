"""Mistakes in pooling the tokens, by itself and in the head."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause

MEAN = "mean: y = the mean of x_t over the n patches,   dx_t = dy / n"
CLS = "cls: y = x_0,   dx_0 = dy, and 0 elsewhere"
FLATTEN = "flatten: y = [x_0; x_1; ...]"


def weighted(at, weights):
    """What comes of pooling by weights (T,), and the gradients of that; the head's likewise."""
    pooled = np.einsum("t,btd->bd", weights, at.x)
    if at.w is None:  # pool
        return {"y": pooled, "dx": weights[:, None] * at.dy[:, None]}
    dpooled = (at.dy @ at.w.T)[:, None]
    y, _ = ops.linear_forward(pooled, at.w, at.b)
    return {"y": y, "dx": weights[:, None] * dpooled, "dw": pooled.T @ at.dy}


def over_tokens(at):
    """Ones for the tokens that the mean runs over, and 0 for a cls token."""
    return np.arange(at.x.shape[1]) >= at.has_cls


def last(at):
    return np.arange(at.x.shape[1]) == at.x.shape[1] - 1


def to_all(at):
    """dx of a cls pool whose gradient is handed to all tokens."""
    return {"dx": weighted(at, np.ones(at.x.shape[1]))["dx"]}


def mean_to_cls(at):
    return {"dx": weighted(at, np.full(at.x.shape[1], 1 / over_tokens(at).sum()))["dx"]}


def without_first(at):
    rest = np.arange(at.x.shape[1]) > 0
    return weighted(at, rest / rest.sum())


def when(pool, formula, has_cls=None):
    """The formula, for calls with this pool, with or without a cls token."""
    return lambda at: (
        formula(at) if at.pool == pool and has_cls in (None, bool(at.has_cls)) else None
    )


POOLING = [  # the pools without weights, which the head has, too
    Cause(
        "cls-takes-part-in-the-mean",
        "the cls token takes part in the mean over the patches",
        "Which of the tokens are patches, if has_cls is true?",
        MEAN,
        when("mean", lambda at: weighted(at, np.ones(n := at.x.shape[1]) / n), has_cls=True),
    ),
    Cause(
        "first-token-never-in-the-mean",
        "token 0 is left out of the mean, though it is a patch when there is no cls token",
        "What is token 0 of x, if has_cls is false?",
        MEAN,
        when("mean", without_first, has_cls=False),
    ),
    Cause(
        "sum-for-mean",
        "what should be divided by the number of patches is not",
        "Double the tokens by repeating them: what should happen to y? And to each dx?",
        MEAN,
        when("mean", lambda at: weighted(at, over_tokens(at) * 1.0)),
    ),
    Cause(
        "mean-divided-by-all-tokens",
        "the sum over the patches is divided by the number of all tokens, cls too",
        "Over how many tokens does the mean run, if has_cls is true?",
        MEAN,
        when("mean", lambda at: weighted(at, over_tokens(at) / at.x.shape[1]), has_cls=True),
    ),
    Cause(
        "mean-reaches-the-cls-token",
        "the gradient of the mean reaches the cls token, too",
        "Does the mean change if the cls token changes?",
        MEAN,
        when("mean", mean_to_cls, has_cls=True),
    ),
    Cause(
        "last-token-for-cls",
        "the last token is taken instead of the first",
        "At which end of the sequence does embed put the cls token?",
        CLS,
        when("cls", lambda at: weighted(at, last(at) * 1.0)),
    ),
    Cause(
        "every-token-gets-the-cls-gradient",
        "the gradient of the cls token is handed to all tokens",
        "Which tokens of x can change y?",
        CLS,
        when("cls", to_all),
    ),
]

"""Mistakes in the similarity of images and names."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.ops.similarity import unit_length_backward

Y = "logits = exp(log_scale) x_hat y_hat^T"
LENGTH = "x_hat = x / |x|,   |x| = sqrt(sum x^2 + eps)"
DX = "dx = (dx_hat - (dx_hat . x_hat) x_hat) / |x|,   dx_hat = scale dlogits y_hat"
DLOG_SCALE = "dlog_scale = sum of dlogits logits"


def by_lengths(length):
    """y where both are divided by other lengths."""
    return lambda at: {
        "y": at.cache.scale * (at.x / length(at.x, at.eps)) @ (at.y / length(at.y, at.eps)).T
    }


def squares(x, axis=1):
    return (x * x).sum(axis=axis, keepdims=True)


def dx_and_dy(formula):
    """dx and dy by another formula of dx_hat, x_hat, x, |x|; each of the other one's likewise."""

    def mistake(at):
        x_hat, y_hat, x_length, y_length, scale, _ = at.cache
        dcosines = scale * at.dy
        return {
            "dx": formula(dcosines @ y_hat, x_hat, at.x, x_length),
            "dy": formula(dcosines.T @ x_hat, y_hat, at.y, y_length),
        }

    return mistake


def along(d, x):
    return (d * x).sum(axis=1, keepdims=True) * x


def other_not_normalised(at):
    x_hat, y_hat, x_length, y_length, scale, _ = at.cache
    return {
        "dx": unit_length_backward(scale * at.dy @ at.y, x_hat, x_length),
        "dy": unit_length_backward(scale * at.dy.T @ at.x, y_hat, y_length),
    }


def rescaled(at, factor):
    """y, dx and dy with another factor in the place of exp(log_scale)."""
    change = factor / at.cache.scale
    found = {"dx": at.right["dx"] * change, "dy": at.right["dy"] * change}
    return {"y": at.output * change} | found


def scale_itself(at):
    cosines = at.output / at.cache.scale
    return rescaled(at, at.log_scale) | {"dlog_scale": dlog_scale(at, cosines)}


def inverse_scale(at):
    y = at.output / at.cache.scale**2
    return rescaled(at, 1 / at.cache.scale) | {"dlog_scale": -dlog_scale(at, y)}


def dlog_scale(at, factor):
    return (at.dy * factor).sum().reshape(1)


SIMILARITY = [
    Cause(
        "similarity-columns-brought-to-length-one",
        "the columns are brought to length 1 instead of the vectors",
        "How long is the first row of x_hat?",
        LENGTH,
        by_lengths(lambda x, eps: np.sqrt(squares(x, axis=0) + eps)),
    ),
    Cause(
        "similarity-not-normalised",
        "the vectors are not brought to length 1",
        "Double one vector of x: what should happen to the logits?",
        LENGTH,
        by_lengths(lambda x, eps: 1.0),
    ),
    Cause(
        "similarity-x-alone-normalised",
        "the vectors of y are not brought to length 1, only those of x",
        "Double one vector of y: what should happen to the logits?",
        LENGTH,
        lambda at: {"y": at.output * at.cache.y_length.T},
    ),
    Cause(
        "similarity-y-alone-normalised",
        "the vectors of x are not brought to length 1, only those of y",
        "Double one vector of x: what should happen to the logits?",
        LENGTH,
        lambda at: {"y": at.output * at.cache.x_length},
    ),
    Cause(
        "similarity-root-forgotten",
        "the vectors are divided by the square of their length",
        "How long is the first row of x_hat?",
        LENGTH,
        by_lengths(lambda x, eps: squares(x) + eps),
    ),
    Cause(
        "similarity-mean-for-sum",
        "the mean of the squares stands where their sum should",
        "How long is the first row of x_hat?",
        LENGTH,
        by_lengths(lambda x, eps: np.sqrt(squares(x) / x.shape[1] + eps)),
    ),
    Cause(
        "similarity-eps-outside-the-root",
        "eps is added to the length, not to its square",
        "Try eps = 0.1 on a vector of length 1: what is it divided by?",
        LENGTH,
        by_lengths(lambda x, eps: np.sqrt(squares(x)) + eps),
    ),
    Cause(
        "similarity-eps-as-a-bound",
        "eps is the least length there is, and is not added to the square",
        "Try eps = 0.1 on a vector of length 1: what is it divided by?",
        LENGTH,
        by_lengths(lambda x, eps: np.maximum(np.sqrt(squares(x)), eps)),
    ),
    Cause(
        "similarity-gradient-of-the-scale",
        "dlog_scale is the gradient of exp(log_scale), not of log_scale",
        "What stands between log_scale and the scale, and what is its derivative?",
        DLOG_SCALE,
        lambda at: {"dlog_scale": dlog_scale(at, at.output / at.cache.scale)},
    ),
    Cause(
        "similarity-scale-not-exponentiated",
        "the cosines are multiplied by log_scale itself",
        "What is the scale if log_scale is 0?",
        Y,
        scale_itself,
    ),
    Cause(
        "similarity-divided-by-the-scale",
        "the cosines are divided by exp(log_scale)",
        "What should happen to the logits if log_scale grows?",
        Y,
        inverse_scale,
    ),
    Cause(
        "similarity-scale-forgotten",
        "the scale does not reach the vectors' side: the cosines are taken for the logits",
        "By what is a cosine multiplied on its way to a logit? And on the way back?",
        Y,
        lambda at: rescaled(at, 1.0),
    ),
    Cause(
        "similarity-cosines-left-out-of-the-scale",
        "dlog_scale lacks the cosines",
        "If a cosine is 0, does its logit change with the scale?",
        DLOG_SCALE,
        lambda at: {"dlog_scale": dlog_scale(at, at.cache.scale)},
    ),
    Cause(
        "similarity-scale-averaged",
        "dlog_scale is the mean over all pairs instead of the sum",
        "On how many logits does the scale act?",
        DLOG_SCALE,
        lambda at: {"dlog_scale": at.right["dlog_scale"] / at.dy.size},
    ),
    Cause(
        "similarity-projection-forgotten",
        "the gradient of the normalisation is taken as 1 / |x|: its length taken as a constant",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        dx_and_dy(lambda d, x_hat, x, length: d / length),
    ),
    Cause(
        "similarity-length-forgotten",
        "the gradient is not divided by the length of the vector",
        "Double one vector of x: what should happen to its gradient?",
        DX,
        dx_and_dy(lambda d, x_hat, x, length: d - along(d, x_hat)),
    ),
    Cause(
        "similarity-normalisation-skipped",
        "the backward skips the normalisation: the gradient of x_hat is taken for that of x",
        "What is between x and x_hat, and what is its backward?",
        DX,
        dx_and_dy(lambda d, x_hat, x, length: d),
    ),
    Cause(
        "similarity-projection-along-x",
        "what is taken off is computed with x instead of x_hat",
        "Which vectors in this line have the length 1?",
        DX,
        dx_and_dy(lambda d, x_hat, x, length: (d - along(d, x)) / length),
    ),
    Cause(
        "similarity-other-side-not-normalised",
        "the gradient of x_hat is computed with y instead of y_hat, or the other one with x",
        "Which two matrices are multiplied to make the cosines?",
        DX,
        other_not_normalised,
    ),
]
CAUSES = {"similarity": SIMILARITY}

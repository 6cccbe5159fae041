"""Mistakes in the backward of the similarity."""

from minivit.checking.student.causes.cause import Cause
from minivit.ops.similarity import unit_length_backward

DX = "dx = (dx_hat - (dx_hat . x_hat) x_hat) / |x|,   dx_hat = scale dlogits y_hat"
DLOG_SCALE = "dlog_scale = sum of dlogits logits"


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


def dlog_scale(at, factor):
    return (at.dy * factor).sum().reshape(1)


GRADIENTS = [
    Cause(
        "similarity-gradient-of-the-scale",
        "dlog_scale is the gradient of exp(log_scale), not of log_scale",
        "What stands between log_scale and the scale, and what is its derivative?",
        DLOG_SCALE,
        lambda at: {"dlog_scale": dlog_scale(at, at.output / at.cache.scale)},
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

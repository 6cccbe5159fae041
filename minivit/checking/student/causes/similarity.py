"""Mistakes in the similarity of images and names."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.similarity_gradients import GRADIENTS, dlog_scale

Y = "logits = exp(log_scale) x_hat y_hat^T"
LENGTH = "x_hat = x / |x|,   |x| = sqrt(sum x^2 + eps)"


def by_lengths(length):
    """y where both are divided by other lengths."""
    return lambda at: {
        "y": at.cache.scale * (at.x / length(at.x, at.eps)) @ (at.y / length(at.y, at.eps)).T
    }


def squares(x, axis=1):
    return (x * x).sum(axis=axis, keepdims=True)


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


FORWARD = [
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
        "eps is not added to the square: it is left out, or is the least length there is",
        "Try eps = 0.1 on a vector of length 1: what is it divided by?",
        LENGTH,
        by_lengths(lambda x, eps: np.maximum(np.sqrt(squares(x)), eps)),
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
]
# A scale that is no exponential has its gradient in common with the first of GRADIENTS.
CAUSES = {"similarity": [*GRADIENTS, *FORWARD]}

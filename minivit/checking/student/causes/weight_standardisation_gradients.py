"""Mistakes in the backward of weight standardisation."""

from minivit.checking.student.causes.cause import Cause

DW = "dw = (dy - mean(dy)) / (std + floor) - w_hat mean(dy w_hat) / std"
FILTER = 0, 1, 2


def mean(w, axes=FILTER):
    return w.mean(axis=axes, keepdims=True)


def dw(at, of_mean=1.0, of_std=1.0, divisor=None, along=None):
    """dw with other weights of its parts, or other divisors of them."""
    w_hat, std, floor = at.cache
    first = (at.dy - of_mean * mean(at.dy)) / (std + floor if divisor is None else divisor)
    return {"dw": first - of_std * w_hat * mean(at.dy * w_hat) / (std if along is None else along)}


def one_divisor(at, divisor):
    """dw where both parts are divided by the same, which is the same without a floor."""
    return dw(at, divisor=divisor, along=divisor)


GRADIENTS = [
    Cause(
        "weight-standardisation-mean-correction-forgotten",
        "dw lacks the part that comes through the mean: w also moves the mean of its filter",
        "In how many places does w stand in the formula of w_hat? Each adds a term to dw.",
        DW,
        lambda at: dw(at, of_mean=0),
    ),
    Cause(
        "weight-standardisation-variance-correction-forgotten",
        "dw lacks the part that comes through std: w also moves the spread of its filter",
        "In how many places does w stand in the formula of w_hat? Each adds a term to dw.",
        DW,
        lambda at: dw(at, of_std=0),
    ),
    Cause(
        "weight-standardisation-statistics-taken-as-constants",
        "dw is dy / (std + floor), as if mean and std did not move with w",
        "In how many places does w stand in the formula of w_hat? Each adds a term to dw.",
        DW,
        lambda at: dw(at, of_mean=0, of_std=0),
    ),
    Cause(
        "weight-standardisation-backward-skipped",
        "the gradient of w_hat is taken for that of w",
        "What is between w and w_hat, and what is its backward?",
        DW,
        lambda at: {"dw": at.dy},
    ),
    Cause(
        "weight-standardisation-sum-for-mean",
        "the two corrections are sums over the filter where they should be means",
        "The mean is a sum over n: where did that n go in the derivative?",
        DW,
        lambda at: dw(at, of_mean=(n := at.w[..., 0].size), of_std=n),
    ),
    Cause(
        "weight-standardisation-floor-divides-twice",
        "both parts of dw are divided by std + floor",
        "What is the derivative of std + floor with respect to w?",
        DW,
        lambda at: one_divisor(at, at.cache.std + at.floor),
    ),
    Cause(
        "weight-standardisation-floor-forgotten-in-the-backward",
        "both parts of dw are divided by std alone",
        "By what did the forward divide?",
        DW,
        lambda at: one_divisor(at, at.cache.std),
    ),
]

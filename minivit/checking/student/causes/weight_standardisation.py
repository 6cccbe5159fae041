"""Mistakes in weight standardisation."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "w_hat = (w - mean) / (std + floor),   std = sqrt(var + eps)"
AXES = "mean and var over rows, columns and channels in, for each output channel"
DW = "dw = (dy - mean(dy)) / (std + floor) - w_hat mean(dy w_hat) / std"
FILTER = 0, 1, 2


def mean(w, axes=FILTER):
    return w.mean(axis=axes, keepdims=True)


def over(axes):
    """y and dw with the statistics of other axes."""

    def mistake(at):
        centred = at.w - mean(at.w, axes)
        std = np.sqrt(mean(centred**2, axes) + at.eps)
        w_hat = centred / (std + at.floor)
        along = w_hat * mean(at.dy * w_hat, axes) / std
        return {"y": w_hat, "dw": (at.dy - mean(at.dy, axes)) / (std + at.floor) - along}

    return mistake


def divided(divisor):
    """y with another divisor, made of the variance, its count, eps and floor."""

    def mistake(at):
        centred = at.w - mean(at.w)
        n = at.w[..., 0].size
        return {"y": centred / divisor(mean(centred**2), n, at.eps, at.floor)}

    return mistake


def dw(at, of_mean=1.0, of_std=1.0, divisor=None, along=None):
    """dw with other weights of its parts, or other divisors of them."""
    w_hat, std, floor = at.cache
    first = (at.dy - of_mean * mean(at.dy)) / (std + floor if divisor is None else divisor)
    return {"dw": first - of_std * w_hat * mean(at.dy * w_hat) / (std if along is None else along)}


def floor_inside(at):
    root = np.sqrt(at.cache.std**2 + at.floor)
    w_hat = at.output * (at.cache.std + at.floor) / root
    dw = (at.dy - mean(at.dy) - w_hat * mean(at.dy * w_hat)) / root
    return {"y": w_hat, "dw": dw}


def one_divisor(at, divisor):
    """dw where both parts are divided by the same, which is the same without a floor."""
    return dw(at, divisor=divisor, along=divisor)


WEIGHT_STANDARDISATION = [
    Cause(
        "weight-standardisation-one-mean-for-all-filters",
        "mean and variance are those of the whole w instead of each output channel's",
        "How many means are there?",
        AXES,
        over((0, 1, 2, 3)),
    ),
    Cause(
        "weight-standardisation-each-input-channel-alone",
        "mean and variance are those of one input channel of a filter, not of the whole filter",
        "How many means are there for one output channel?",
        AXES,
        over((0, 1)),
    ),
    Cause(
        "weight-standardisation-over-the-outputs",
        "mean and variance are taken over the output channels, for each input channel",
        "Which axis of w tells the filters apart?",
        AXES,
        over((0, 1, 3)),
    ),
    Cause(
        "weight-standardisation-first-axis-for-the-filters",
        "the first axis is taken for the filters, as in PyTorch",
        "Which axis of w tells the filters apart?",
        AXES,
        over((1, 2, 3)),
    ),
    Cause(
        "weight-standardisation-floor-inside-the-root",
        "floor is added to the variance inside of the root, like eps",
        "Try floor = 0.1 on a filter of variance 1: what is it divided by?",
        Y,
        floor_inside,
    ),
    Cause(
        "weight-standardisation-eps-outside-the-root",
        "eps is added to the standard deviation, not to the variance",
        "Try eps = 0.1 on a filter of variance 1: what is it divided by?",
        Y,
        divided(lambda var, n, eps, floor: np.sqrt(var) + eps + floor),
    ),
    Cause(
        "weight-standardisation-bessel",
        "the variance is divided by n - 1 instead of n",
        "What is the number of values divided by? Compare the spread of a filter of y with 1.",
        Y,
        divided(lambda var, n, eps, floor: np.sqrt(var * n / max(n - 1, 1) + eps) + floor),
    ),
    Cause(
        "weight-standardisation-root-forgotten",
        "w - mean is divided by the variance: the root is missing",
        "Double w: what should happen to y?",
        Y,
        divided(lambda var, n, eps, floor: var + eps + floor),
    ),
    Cause(
        "weight-standardisation-not-divided",
        "the mean is taken off, but nothing is divided",
        "What is the spread of a filter of y?",
        Y,
        divided(lambda var, n, eps, floor: 1.0),
    ),
    Cause(
        "weight-standardisation-mean-left-in",
        "w itself is divided: its mean is not taken off",
        "What is the mean of a filter of y?",
        Y,
        lambda at: {"y": at.w / (at.cache.std + at.floor)},
    ),
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
CAUSES = {"weight_standardisation": WEIGHT_STANDARDISATION}

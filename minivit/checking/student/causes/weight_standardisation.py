"""Mistakes in weight standardisation."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.weight_standardisation_gradients import GRADIENTS, mean

Y = "w_hat = (w - mean) / (std + floor),   std = sqrt(var + eps)"
AXES = "mean and var over rows, columns and channels in, for each output channel"


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


def floor_inside(at):
    root = np.sqrt(at.cache.std**2 + at.floor)
    w_hat = at.output * (at.cache.std + at.floor) / root
    dw = (at.dy - mean(at.dy) - w_hat * mean(at.dy * w_hat)) / root
    return {"y": w_hat, "dw": dw}


FORWARD = [
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
]
CAUSES = {"weight_standardisation": [*FORWARD, *GRADIENTS]}

"""Mistakes in ReLU."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "y = max(x, 0)"
DX = "dx = dy where y > 0, else 0"


def bent(y, slope):
    """y and dx by other formulas of x."""
    return lambda at: {"y": y(at.x), "dx": at.dy * slope(at.x)}


RELU = [
    Cause(
        "relu-leaky",
        "what is negative is multiplied by 0.01 instead of 0",
        "What should relu(-100) be?",
        Y,
        bent(lambda x: np.where(x > 0, x, 0.01 * x), lambda x: np.where(x > 0, 1, 0.01)),
    ),
    Cause(
        "relu-positives-removed",
        "what is positive becomes 0, or gets no gradient, instead of what is negative",
        "What should relu(3) be? Can x = 3 change y?",
        Y,
        bent(lambda x: np.minimum(x, 0), lambda x: x < 0),
    ),
    Cause(
        "relu-magnitude",
        "what is negative changes its sign instead of becoming 0",
        "What should relu(-3) be?",
        Y,
        bent(np.abs, np.sign),
    ),
    Cause(
        "relu-step",
        "y tells where x is positive, not how large it is there",
        "What should relu(3) be?",
        Y,
        lambda at: {"y": (at.x > 0) * 1.0},
    ),
    Cause(
        "relu-maximum-over-images",
        "the 0 is taken for an axis: it is the largest of all images",
        "What do np.max(x, 0) and np.maximum(x, 0) do?",
        Y,
        lambda at: {"y": at.x.max(axis=0)},
    ),
    Cause(
        "relu-slope-forgotten",
        "dy passes as it is, also where x was negative",
        "Can a negative x change y?",
        DX,
        lambda at: {"dx": at.dy},
    ),
    Cause(
        "relu-upstream-as-the-mask",
        "what is positive in dy passes, where it should be asked what was positive in x",
        "Which array decides what passes, and what does it hold?",
        DX,
        lambda at: {"dx": at.dy * (at.dy > 0)},
    ),
    Cause(
        "relu-both-masks",
        "only what is positive both in x and in dy passes, as in guided backpropagation",
        "May the gradient of an active number be negative?",
        DX,
        lambda at: {"dx": at.dy * ((at.x > 0) & (at.dy > 0))},
    ),
    Cause(
        "relu-value-for-the-slope",
        "dy is multiplied by y instead of by the slope",
        "What is the slope of relu at 3?",
        DX,
        lambda at: {"dx": at.dy * at.output},
    ),
]
CAUSES = {"relu": RELU}

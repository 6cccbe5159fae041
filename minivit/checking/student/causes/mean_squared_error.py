"""Mistakes in the mean squared error."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

LOSS = "loss = 1/n sum_i (x_i - target_i)^2"
DX = "dx = 2 (x - targets) dloss / n"


def divided_by(count):
    """y and dx divided by another number, made of the difference."""

    def mistake(at):
        change = at.x.size / count(at.x)
        return {"y": at.output * change, "dx": at.right["dx"] * change}

    return mistake


def made_of(y, dx):
    """y and dx as other formulas of the difference d; dx without dloss / n."""

    def mistake(at):
        d = at.cache.difference
        found = {"y": y(d)} if y else {}
        return found | {"dx": dx(d) * at.dy / d.size}

    return mistake


MEAN_SQUARED_ERROR = [
    Cause(
        "mean-squared-error-sum-for-mean",
        "the squares are summed, and not divided by how many there are",
        "Double the batch by repeating it: what should happen to the loss? And to dx?",
        LOSS,
        divided_by(lambda x: 1),
    ),
    Cause(
        "mean-squared-error-divided-by-images-alone",
        "the sum is divided by the number of images instead of that of all numbers",
        "Over how many numbers is it a mean?",
        LOSS,
        divided_by(len),
    ),
    Cause(
        "mean-squared-error-divided-by-tokens",
        "the sum is divided by the number of tokens instead of that of all numbers",
        "Over how many numbers is it a mean?",
        LOSS,
        divided_by(lambda x: x.size // x.shape[-1]),
    ),
    Cause(
        "mean-squared-error-divided-by-the-width",
        "the sum is divided by the width instead of the number of all numbers",
        "Over how many numbers is it a mean?",
        LOSS,
        divided_by(lambda x: x.shape[-1]),
    ),
    Cause(
        "mean-squared-error-two-forgotten",
        "dx lacks the factor that the derivative of a square brings",
        "What is the derivative of (x - t)^2?",
        DX,
        lambda at: {"dx": at.right["dx"] / 2},
    ),
    Cause(
        "mean-squared-error-halved",
        "the loss is half of the mean, as in some books",
        "What is the loss if all numbers are 1 off?",
        LOSS,
        lambda at: {"y": at.output / 2},
    ),
    Cause(
        "mean-squared-error-magnitudes",
        "it is the mean of the magnitudes, not of the squares",
        "What is the loss if all numbers are 2 off?",
        LOSS,
        made_of(lambda d: np.abs(d).mean(), np.sign),
    ),
    Cause(
        "mean-squared-error-with-a-root",
        "it is the root of the mean",
        "What is the loss if all numbers are 2 off?",
        LOSS,
        made_of(lambda d: np.sqrt((d**2).mean()), lambda d: d / np.sqrt((d**2).mean())),
    ),
    Cause(
        "mean-squared-error-square-of-the-mean",
        "the mean is squared instead of the numbers",
        "What is the loss if one number is 1 too large and another 1 too small?",
        LOSS,
        made_of(lambda d: d.mean() ** 2, lambda d: np.full_like(d, 2 * d.mean())),
    ),
    Cause(
        "mean-squared-error-square-for-difference",
        "dx has the square of the difference where the difference should stand",
        "Which sign has dx where x is too small?",
        DX,
        made_of(None, lambda d: 2 * d**2),
    ),
    Cause(
        "mean-squared-error-targets-forgotten",
        "the targets are not subtracted",
        "What are loss and dx where x equals the targets?",
        LOSS,
        lambda at: {"y": (at.x**2).mean(), "dx": 2 * at.x * at.dy / at.x.size},
    ),
]
CAUSES = {"mean_squared_error": MEAN_SQUARED_ERROR}

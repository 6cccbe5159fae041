"""Mistakes in LayerNorm: those of the forward. Those of the backward: layernorm_gradients.py."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.layernorm_gradients import GRADIENTS

Y = "x_hat = (x - mean) / sqrt(var + eps),   y = x_hat gamma + beta"


def scaled(at, x_hat):
    return {"y": x_hat * at.gamma + at.beta}


def divided(at, divisor, centred=True):
    """y for another divisor, made of the variance, of what is centred or is not."""
    c = at.x - at.x.mean(axis=-1, keepdims=True)
    var = (c * c).mean(axis=-1, keepdims=True)
    return scaled(at, (c if centred else at.x) / divisor(var))


def over(at, axes):
    """y for mean and variance over other axes, told from each other where x is (B, T, D)."""
    if at.x.ndim != 3:
        return None
    c = at.x - at.x.mean(axis=axes, keepdims=True)
    return scaled(at, c / np.sqrt((c * c).mean(axis=axes, keepdims=True) + at.eps))


def bessel(at):
    n = at.x.shape[-1]
    return divided(at, lambda var: np.sqrt(var * n / (n - 1) + at.eps)) if n > 1 else None


def of_width_above_one(at, divisor):
    return divided(at, divisor) if at.x.shape[-1] > 1 else None


def default(at, eps):
    """y where eps was not given: another default was written into the signature."""
    return divided(at, lambda var: np.sqrt(var + eps)) if at.eps == 1e-6 else None


FORWARD = [
    Cause("layernorm-bessel", "the variance is divided by D - 1 instead of D",
          "Compare the spread of one row of x_hat with 1: what is the number of values divided by?",
          Y, bessel),
    Cause("layernorm-eps-outside-the-root",
          "eps is added to the standard deviation, not to the variance",
          "What does the root enclose? Take a row whose numbers are all alike, and work it out.", Y,
          lambda at: divided(at, lambda var: np.sqrt(var) + at.eps)),
    Cause("layernorm-eps-forgotten", "eps is not added to the variance",
          "What comes out for a row whose numbers are all alike? Where does eps go?", Y,
          lambda at: of_width_above_one(at, np.sqrt)),
    Cause("layernorm-eps-of-pytorch",
          "eps is 1e-5 where none is given, as in PyTorch; here its default is 1e-6",
          "Compare the signature of your forward with that of minivit's.", Y,
          lambda at: default(at, 1e-5)),
    Cause("layernorm-root-forgotten", "x - mean is divided by the variance, not by its root",
          "Multiply x by 10: what should happen to x_hat, and what does?", Y,
          lambda at: divided(at, lambda var: var + at.eps)),
    Cause("layernorm-sum-for-variance",
          "the squares are summed over the row, and their sum is not divided by D",
          "What is the spread of a row of x_hat, and what should it be?", Y,
          lambda at: divided(at, lambda var: np.sqrt(var * at.x.shape[-1] + at.eps))),
    Cause("layernorm-mean-kept",
          "the mean is taken off to make the variance, and then x itself is divided",
          "What is the mean of a row of x_hat, and what should it be?", Y,
          lambda at: divided(at, lambda var: np.sqrt(var + at.eps), centred=False)),
    Cause("layernorm-rms",
          "x is divided by the root of the mean of its squares (RMSNorm): no mean is taken off",
          "What is the mean of a row of x_hat, and what should it be?", Y,
          lambda at: scaled(at, at.x / np.sqrt((at.x**2).mean(axis=-1, keepdims=True) + at.eps))),
    Cause("layernorm-over-tokens-too",
          "mean and variance are those of all tokens of an image together",
          "How many means does a batch (B, T, D) have? Print the mean's shape.", Y,
          lambda at: over(at, (1, 2))),
    Cause("layernorm-over-tokens-alone",
          "mean and variance run over the tokens, for each of the D columns",
          "Along which axis do the numbers of one token lie?", Y, lambda at: over(at, 1)),
    Cause("layernorm-over-images",
          "mean and variance run over the batch, so that an image's y depends on the others",
          "Does y of an image change when another image of the batch does? Should it?", Y,
          lambda at: over(at, 0)),
    Cause("layernorm-over-images-and-tokens",
          "mean and variance run over images and tokens, for each of the D columns (BatchNorm)",
          "Does y of an image change when another image of the batch does? Should it?", Y,
          lambda at: over(at, (0, 1))),
    Cause("layernorm-over-everything",
          "there is one mean and one variance for the whole batch: no axis is given",
          "How many means does a batch (B, T, D) have? Print the mean's shape.", Y,
          lambda at: over(at, None)),
    Cause("layernorm-gamma-forgotten", "x_hat is not multiplied by gamma",
          "Where does each of the three inputs stand in y? Change one, and look whether y changes.",
          Y, lambda at: {"y": at.cache.x_hat + at.beta}),
    Cause("layernorm-beta-forgotten", "beta is not added",
          "Where does each of the three inputs stand in y? Change one, and look whether y changes.",
          Y, lambda at: {"y": at.cache.x_hat * at.gamma}),
    Cause("layernorm-beta-scaled", "beta is added before gamma scales, and so is scaled too",
          "Set x to 0: what should y be then?", Y,
          lambda at: {"y": (at.cache.x_hat + at.beta) * at.gamma}),
]  # fmt: skip
LAYERNORM = FORWARD + GRADIENTS
CAUSES = {"layernorm": LAYERNORM}

"""Mistakes in LayerNorm."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "x_hat = (x - mean) / sqrt(var + eps),   y = x_hat gamma + beta"
DX = "dx = rstd (g - mean(g) - x_hat mean(g x_hat)),   g = dy gamma"


def mean(x):
    return x.mean(axis=-1, keepdims=True)


def bessel(n):
    return n / max(n - 1, 1)


def normed(at, divisor):
    """y for another divisor of x - mean, made of the variance."""
    centred = at.x - mean(at.x)
    return {"y": centred / divisor(mean(centred**2)) * at.gamma + at.beta}


def input_gradient(at, g=None, centred=True, along=True):
    x_hat, rstd, gamma = at.cache
    g = at.dy * gamma if g is None else g
    return {"dx": rstd * (g - centred * mean(g) - along * x_hat * mean(g * x_hat))}


LAYERNORM = [
    Cause(
        "layernorm-mean-correction-forgotten",
        "dx lacks the part that comes through the mean: x_i also moves the mean of its row",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        lambda at: input_gradient(at, centred=False),
    ),
    Cause(
        "layernorm-variance-correction-forgotten",
        "dx lacks the part that comes through the variance: x_i also moves the spread of its row",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        lambda at: input_gradient(at, along=False),
    ),
    Cause(
        "layernorm-bessel",
        "the variance is divided by D - 1 instead of D",
        "Compare the spread of one row of x_hat with 1: what is the number of values divided by?",
        Y,
        lambda at: normed(
            at, lambda v: np.sqrt(v * (n := at.x.shape[-1]) / max(n - 1, 1) + at.eps)
        ),
    ),
]
CAUSES = {"layernorm": LAYERNORM}

"""Mistakes in the backward of BatchNorm."""

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.other_norms import DX, PARAMETERS


def everywhere(at):
    return tuple(range(at.x.ndim - 1))


def in_training(formula):
    return lambda at: formula(at) if at.training else None


def dx(at, **other):
    x_hat, rstd, *_ = at.cache
    return {"dx": norms.dx_of(at, x_hat, rstd, everywhere(at), **other)}


def count(at):
    return at.x.size // at.x.shape[-1]


def gamma_left_out(at):
    on = float(at.training)
    return dx(at, g=at.dy, of_mean=on, of_var=on)


GRADIENTS = [
    Cause(
        "batchnorm-mean-correction-forgotten",
        "dx lacks the part that comes through the mean: x also moves the mean of its channel",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        in_training(lambda at: dx(at, of_mean=0)),
    ),
    Cause(
        "batchnorm-variance-correction-forgotten",
        "dx lacks the part that comes through the variance: x also moves that of its channel",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        in_training(lambda at: dx(at, of_var=0)),
    ),
    Cause(
        "batchnorm-statistics-taken-as-constants",
        "in training dx is rstd g alone, as if mean and variance did not move with x",
        "In how many places does x stand in the formula of x_hat? Each adds a term to dx.",
        DX,
        in_training(lambda at: dx(at, of_mean=0, of_var=0)),
    ),
    Cause(
        "batchnorm-training-backward-after-training",
        "after training dx still has parts through mean and variance, which are constants then",
        "After training, does the mean that is used move if x moves?",
        "after training dx = rstd g",
        lambda at: None if at.training else dx(at),
    ),
    Cause(
        "batchnorm-sum-for-mean",
        "the two corrections are sums over the channel where they should be means",
        "The mean is a sum over n: where did that n go in the derivative?",
        DX,
        in_training(lambda at: dx(at, of_mean=count(at), of_var=count(at))),
    ),
    Cause(
        "batchnorm-divided-by-images-alone",
        "the two corrections are divided by the number of images, not by images times places",
        "Over how many numbers did the forward take its mean?",
        DX,
        in_training(lambda at: dx(at, of_mean=count(at) / len(at.x), of_var=count(at) / len(at.x))),
    ),
    Cause(
        "batchnorm-gamma-left-out-of-dx",
        "gamma is left out of dx",
        "What lies between x_hat and y? What is then d loss / d x_hat?",
        DX,
        gamma_left_out,
    ),
    Cause(
        "batchnorm-gamma-gradient-from-x",
        "dgamma is made with x instead of x_hat",
        "What is gamma multiplied with?",
        PARAMETERS,
        lambda at: {"dgamma": norms.summed(at.dy * at.x)},
    ),
    Cause(
        "batchnorm-parameters-averaged",
        "the gradients of gamma and beta are means over images and places instead of sums",
        "At how many places does one number of gamma act?",
        PARAMETERS,
        lambda at: {name: at.right[name] / count(at) for name in ("dgamma", "dbeta")},
    ),
]

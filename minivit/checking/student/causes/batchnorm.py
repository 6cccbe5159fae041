"""Mistakes in BatchNorm."""

import numpy as np

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.other_norms import DX, PARAMETERS, Y

RUNNING = "in training mean and var are those of x; else they are running's"


def everywhere(at):
    return tuple(range(at.x.ndim - 1))


def in_training(formula):
    return lambda at: formula(at) if at.training else None


def over(axes):
    """y and the gradients, in training, where the statistics are taken over other axes."""
    return in_training(lambda at: norms.over(at, at.x.shape, axes(at)))


def divided(divisor):
    """y and dgamma with another divisor, of the running variance too."""

    def mistake(at):
        if at.training:
            return norms.divided(at, at.x.shape, everywhere(at), divisor)
        return norms.shaped(at, (at.x - at.running.mean) / divisor(at.running.var, at.eps))

    return mistake


def dx(at, **other):
    x_hat, rstd, *_ = at.cache
    return {"dx": norms.dx_of(at, x_hat, rstd, everywhere(at), **other)}


def count(at):
    return at.x.size // at.x.shape[-1]


def always_in_training(at):
    return None if at.training else norms.over(at, at.x.shape, everywhere(at))


def with_statistics(at, statistics):
    """y and dgamma, in training, with the running statistics or what they have become."""
    if not at.training or at.running is None:
        return None
    return norms.shaped(at, (at.x - statistics.mean) / np.sqrt(statistics.var + at.eps))


def new_statistics(at):
    return with_statistics(at, at.cache.running)


def gamma_left_out(at):
    on = float(at.training)
    return dx(at, g=at.dy, of_mean=on, of_var=on)


FORWARD = [
    Cause(
        "batchnorm-always-in-training",
        "the batch's own statistics are used after training, too",
        "After training, does y of one image change if another image changes?",
        RUNNING,
        always_in_training,
    ),
    Cause(
        "batchnorm-running-in-training",
        "the running statistics are used in training, too",
        "In training, what are mean and variance of a channel of x_hat?",
        RUNNING,
        lambda at: with_statistics(at, at.running),
    ),
    Cause(
        "batchnorm-normalised-by-the-new-running",
        "in training x is normalised by the updated running statistics, not by the batch's own",
        "In training, what are mean and variance of a channel of x_hat?",
        RUNNING,
        new_statistics,
    ),
    Cause(
        "batchnorm-bessel",
        "the batch is normalised with the variance over n - 1, which belongs to the running one",
        "Which of the two variances has Bessel's correction?",
        Y,
        in_training(lambda at: norms.over(at, at.x.shape, everywhere(at), bessel=True)),
    ),
    Cause(
        "batchnorm-over-images-alone",
        "mean and variance are taken over the images at each place, not over the places, too",
        "How many means are there for one channel?",
        Y,
        over(lambda at: 0),
    ),
    Cause(
        "batchnorm-each-image-alone",
        "mean and variance are taken over the places of each image, not over the images, too",
        "Does y of one image change if another image changes?",
        Y,
        over(lambda at: tuple(range(1, at.x.ndim - 1))),
    ),
    Cause(
        "batchnorm-over-channels",
        "mean and variance are taken over the channels, as in LayerNorm",
        "How many means are there for one channel?",
        Y,
        over(lambda at: -1),
    ),
    Cause(
        "batchnorm-over-channels-too",
        "there is one mean and one variance of all channels together",
        "How many means are there for one channel?",
        Y,
        over(lambda at: tuple(range(at.x.ndim))),
    ),
    Cause(
        "batchnorm-eps-outside-the-root",
        "eps is added to the standard deviation, not to the variance",
        "Try eps = 0.1 on a channel of variance 1: what is it divided by?",
        Y,
        divided(norms.eps_outside),
    ),
    Cause(
        "batchnorm-root-forgotten",
        "x - mean is divided by the variance: the root is missing",
        "Double x: what should happen to x_hat?",
        Y,
        divided(norms.root_forgotten),
    ),
]
BACKWARD = [
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
CAUSES = {"batchnorm": [*FORWARD, *BACKWARD]}

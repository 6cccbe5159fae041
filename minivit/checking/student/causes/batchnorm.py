"""Mistakes in BatchNorm."""

import numpy as np

from minivit.checking.student.causes import other_norms as norms
from minivit.checking.student.causes.batchnorm_gradients import GRADIENTS, everywhere, in_training
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.other_norms import Y

RUNNING = "in training mean and var are those of x; else they are running's"


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


def always_in_training(at):
    return None if at.training else norms.over(at, at.x.shape, everywhere(at))


def with_statistics(at, statistics):
    """y and dgamma, in training, with the running statistics or what they have become."""
    if not at.training or at.running is None:
        return None
    return norms.shaped(at, (at.x - statistics.mean) / np.sqrt(statistics.var + at.eps))


def new_statistics(at):
    return with_statistics(at, at.cache.running)


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
CAUSES = {"batchnorm": [*FORWARD, *GRADIENTS]}

"""BatchNorm: every channel to mean 0 and variance 1, over all images of the batch and all places.

    x_hat = (x - mean) / sqrt(var + eps),   normed = x_hat gamma + beta

(Ioffe and Szegedy 2015). In training mean and var are the batch's own, so that what comes out for
an image depends on the others. One that is alone, when the model is used, can't have such: then
running statistics take their place, averages over the batches of the training. They are no
parameters: nobody learns them, and they get no gradient. They come in as an option, and what they
have become goes out in the cache:

    normed, cache = batchnorm_forward(x, gamma, beta, running=running)
    running = cache.running          # (1 - momentum) running + momentum (mean, var) of this batch
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen

MOMENTUM = 0.1  # the usual weight of a new batch


class Running(NamedTuple):
    """The statistics that stand in for a batch's."""

    mean: np.ndarray  # (C,)
    var: np.ndarray  # (C,), with Bessel's correction: n / (n - 1) times that of the batch


class Moments(NamedTuple):
    """The statistics of a batch."""

    mean: np.ndarray  # (C,)
    var: np.ndarray  # (C,)
    count: int  # of how many numbers each is


class BatchNormCache(NamedTuple):
    x_hat: np.ndarray  # (..., C)
    rstd: np.ndarray  # (C,), 1 / sqrt(var + eps)
    gamma: np.ndarray  # (C,)
    training: bool
    running: Running | None  # the forward's second result: the new statistics
    batch: Moments | None  # what moved them; None without training


def batchnorm_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    *,
    running: Running | None = None,
    training: bool = True,
    momentum: float = MOMENTUM,
    eps: float = 1e-5,
    note=unseen,
) -> tuple[np.ndarray, BatchNormCache]:
    """Normalise every channel: normed = (x - mean) / sqrt(var + eps) gamma + beta.

    x (..., C), gamma (C,), beta (C,) -> normed (..., C). In training mean and var are those of x;
    else they are `running`'s. `cache.running` is what `running` has become (None stays None).
    `momentum` is the weight of the new batch, as in PyTorch; TensorFlow gives the one of the old.

    Raises InputError without training and running statistics.
    """
    x, gamma, beta = reals(x=x, gamma=gamma, beta=beta)
    running = checked_running(x, running, training)
    if training:
        batch = moments(x)
        mean, var, _ = batch
        running = updated(running, batch, momentum)
    else:
        (mean, var), batch = running, None
    rstd = 1 / np.sqrt(var + eps)
    x_hat = (x - mean) * rstd
    normed = x_hat * gamma + beta
    note(x_hat=x_hat, normed=normed)
    return normed, BatchNormCache(x_hat, rstd, gamma, training, running, batch)


def batchnorm_backward(
    dy: np.ndarray, cache: BatchNormCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of normed = x_hat gamma + beta.

    dy (..., C), the gradient of normed, -> dx (..., C), dgamma (C,), dbeta (C,).

    In training x moves mean and var of its channel, as in LayerNorm (layernorm.py), with means over
    the channel. With g = dy gamma:
        dx = rstd (g - mean(g) - x_hat mean(g x_hat))
    Running statistics do not move with x: there dx = rstd g.
    """
    x_hat, rstd, gamma, training, *_ = cache
    dy = upstream(dy, x_hat.dtype)
    everywhere = tuple(range(dy.ndim - 1))
    dgamma = (dy * x_hat).sum(axis=everywhere)
    dbeta = dy.sum(axis=everywhere)
    g = dy * gamma
    if training:
        count = max(1, math.prod(dy.shape[:-1]))
        along_mean, along_x_hat = gamma * dbeta / count, x_hat * (gamma * dgamma / count)
        dx = rstd * (g - along_mean - along_x_hat)
    else:
        dx = rstd * g
    note(x_hat=g, normed=dy)
    return dx, dgamma, dbeta


def moments(x: np.ndarray) -> Moments:
    """Mean and variance of every channel."""
    everywhere = tuple(range(x.ndim - 1))
    count = max(1, math.prod(x.shape[:-1]))
    mean = x.sum(axis=everywhere) / count
    centred = x - mean
    rest = centred.sum(axis=everywhere) / count  # far from 0 the mean may be rounded by too much
    centred -= rest
    return Moments(mean + rest, (centred * centred).sum(axis=everywhere) / count, count)


def updated(running, batch: Moments, momentum: float = MOMENTUM) -> Running | None:
    """The running statistics after a batch; None stays None."""
    if running is None:
        return None
    mean, var, count = batch
    unbiased = var * (count / max(1, count - 1))
    return Running(
        (1 - momentum) * running.mean + momentum * mean,
        (1 - momentum) * running.var + momentum * unbiased,
    )


def checked_running(x: np.ndarray, running, training: bool) -> Running | None:
    """The statistics in x's dtype; InputError for another shape, or none where they are needed."""
    if running is None:
        if not training:
            raise InputError(
                "running is None: without training BatchNorm needs the statistics of the training; "
                "hand in running=Running(mean, var)"
            )
        return None
    _, mean, var = reals(x=x, mean=running[0], var=running[1])
    for name, array in (("mean", mean), ("var", var)):
        if array.shape != x.shape[-1:]:
            raise InputError(
                f"the running {name} has the shape {array.shape}, and {x.shape[-1:]} is needed here"
            )
    return Running(mean, var)

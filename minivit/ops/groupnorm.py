"""GroupNorm: the channels of an image in groups, each to mean 0 and variance 1.

    x_hat = (x - mean) / sqrt(var + eps),   normed = x_hat gamma + beta

over all places of the map and the channels of one group (Wu and He 2018). With one group it is
LayerNorm over the whole image, with a group for each channel instance normalisation. Unlike
BatchNorm it never looks at another image.
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class GroupNormCache(NamedTuple):
    x_hat: np.ndarray  # (B, ..., C)
    rstd: np.ndarray  # (B, groups), 1 / sqrt(var + eps)
    gamma: np.ndarray  # (C,)


def groupnorm_forward(
    x: np.ndarray,
    gamma: np.ndarray,
    beta: np.ndarray,
    *,
    groups: int = 32,
    eps: float = 1e-6,
    note=unseen,
) -> tuple[np.ndarray, GroupNormCache]:
    """Normalise each group of channels of each image: normed = x_hat gamma + beta.

    x (B, ..., C), gamma (C,), beta (C,) -> normed (B, ..., C). Neighbouring channels are a group.

    Raises InputError for channels that the groups do not divide.
    """
    x, gamma, beta = reals(x=x, gamma=gamma, beta=beta)
    check_groups(x, groups)
    centred = in_groups(x, groups)
    # Twice: far from 0 the rounding of the mean may exceed the spread.
    for _ in range(2):
        centred = centred - centred.mean(axis=(1, 3), keepdims=True)
    var = (centred * centred).mean(axis=(1, 3))
    rstd = 1 / np.sqrt(var + eps)  # (B, groups)
    x_hat = (centred * rstd[:, None, :, None]).reshape(x.shape)
    normed = x_hat * gamma + beta
    note(x_hat=x_hat, normed=normed)
    return normed, GroupNormCache(x_hat, rstd, gamma)


def groupnorm_backward(
    dy: np.ndarray, cache: GroupNormCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of normed = x_hat gamma + beta.

    dy (B, ..., C), the gradient of normed, -> dx (B, ..., C), dgamma (C,), dbeta (C,).

    As of LayerNorm (layernorm.py), with the means over a group. With g = dy gamma:
        dx = rstd (g - mean(g) - x_hat mean(g x_hat))
    """
    x_hat, rstd, gamma = cache
    dy = upstream(dy, x_hat.dtype)
    everywhere, groups = tuple(range(dy.ndim - 1)), rstd.shape[1]
    dgamma = (dy * x_hat).sum(axis=everywhere)
    dbeta = dy.sum(axis=everywhere)
    g, hat = in_groups(dy * gamma, groups), in_groups(x_hat, groups)
    along_mean = g.mean(axis=(1, 3), keepdims=True)
    along_x_hat = hat * (g * hat).mean(axis=(1, 3), keepdims=True)
    dx = (rstd[:, None, :, None] * (g - along_mean - along_x_hat)).reshape(dy.shape)
    note(x_hat=dy * gamma, normed=dy)
    return dx, dgamma, dbeta


def in_groups(x: np.ndarray, groups: int) -> np.ndarray:
    """x (B, ..., C) -> (B, places, groups, C / groups)."""
    places = int(np.prod(x.shape[1:-1]))
    return x.reshape(len(x), places, groups, x.shape[-1] // groups)


def check_groups(x: np.ndarray, groups: int) -> None:
    """InputError unless the groups share out the channels of x evenly."""
    channels = x.shape[-1]
    if groups < 1 or channels % groups:
        divisors = [n for n in range(1, channels + 1) if channels % n == 0]
        near = min(divisors, key=lambda n: abs(n - groups), default=1)
        raise InputError(
            f"x has {channels} channels and groups is {groups}: {channels} channels are not shared "
            f"out evenly among {groups} groups; choose groups={near}, or another number of channels"
        )

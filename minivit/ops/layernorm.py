"""LayerNorm: every token on its own, to mean 0 and variance 1, then scaled and shifted.

    x_hat = (x - mean) / sqrt(var + eps),   normed = x_hat gamma + beta

(Ba et al. 2016, equation 4; var is the mean of (x - mean)^2, without Bessel's correction.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen

NARROW = 1e-4  # a row with a smaller variance / mean^2 is centred twice


class LayerNormCache(NamedTuple):
    x_hat: np.ndarray  # (..., D)
    rstd: np.ndarray  # (..., 1), 1 / sqrt(var + eps)
    gamma: np.ndarray  # (D,)


def layernorm_forward(
    x: np.ndarray, gamma: np.ndarray, beta: np.ndarray, *, eps: float = 1e-6, note=unseen
) -> tuple[np.ndarray, LayerNormCache]:
    """Normalise the last axis: normed = (x - mean) / sqrt(var + eps) gamma + beta.

    x (..., D), gamma (D,), beta (D,) -> normed (..., D).
    """
    x, gamma, beta = reals(x=x, gamma=gamma, beta=beta)
    # Two passes: E[x^2] - mean^2 cancels when the mean is large.
    mean = x.mean(axis=-1, keepdims=True)
    centred = x - mean
    var = (centred * centred).mean(axis=-1, keepdims=True)
    if (np.abs(var) < NARROW * np.abs(mean * mean)).any():
        # Far from 0 the rounding of the mean may exceed the spread of the row: centre again.
        centred -= centred.mean(axis=-1, keepdims=True)
        var = (centred * centred).mean(axis=-1, keepdims=True)
    rstd = 1 / np.sqrt(var + eps)
    x_hat = centred * rstd
    normed = x_hat * gamma + beta
    note(x_hat=x_hat, normed=normed)
    return normed, LayerNormCache(x_hat, rstd, gamma)


def layernorm_backward(
    dy: np.ndarray, cache: LayerNormCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of normed = x_hat gamma + beta.

    dy (..., D), the gradient of normed, -> dx (..., D), dgamma (D,), dbeta (D,).

    gamma and beta act on every token, so their gradients sum over all tokens. With
    g = dy gamma = d loss / d x_hat: x_i also moves the mean (which takes mean(g) off every
    element) and the spread (which takes off the part of g that points along x_hat):
        dx = rstd (g - mean(g) - x_hat mean(g x_hat))
    """
    x_hat, rstd, gamma = cache
    dy = upstream(dy, x_hat.dtype)
    tokens = tuple(range(dy.ndim - 1))
    dgamma = (dy * x_hat).sum(axis=tokens)
    dbeta = dy.sum(axis=tokens)
    g = dy * gamma
    along_mean = g.mean(axis=-1, keepdims=True)
    along_x_hat = x_hat * (g * x_hat).mean(axis=-1, keepdims=True)
    dx = rstd * (g - along_mean - along_x_hat)
    note(x_hat=g, normed=dy)
    return dx, dgamma, dbeta

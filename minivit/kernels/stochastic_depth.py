"""Stochastic depth, the twin of `minivit.ops.stochastic_depth`.

By itself it is one multiplication a number, which NumPy does. In a branch nothing is computed for
the images that are dropped (left_out.py).
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import Drop
from minivit.ops.stochastic_depth import image_factors

from .inputs import like, need_shape, reals


class StochasticDepthCache(NamedTuple):
    factors: np.ndarray  # (B, 1, ...)
    shape: tuple  # (B, ...)


class Kept(NamedTuple):
    """The images of a batch that a branch is computed for."""

    images: np.ndarray  # (kept,), their numbers in the batch
    factor: float  # 1 / (1 - rate)
    batch: int  # B


def stochastic_depth_forward(x, *, drop):
    """x (B, ...) -> y (B, ...): 0 for an image that is dropped, else x / (1 - rate)."""
    (x,) = reals(x=x)
    factors = image_factors(drop, x)
    return x * factors, StochasticDepthCache(factors, x.shape)


def stochastic_depth_backward(dy, cache):
    """dy (B, ...) -> dx (B, ...), by the same factors."""
    (dy,) = like(cache.factors, dy)
    need_shape("dy", dy, cache.shape)
    return dy * cache.factors


def kept_of(images: int, drop: Drop | None) -> Kept | None:
    """Which of `images` images keep the branch; None without `drop`, where all of them do."""
    if drop is None:
        return None
    factors = image_factors(drop, np.empty(images))
    return Kept(np.flatnonzero(factors), 1 / (1 - drop.rate), images)


def add_kept(x: np.ndarray, out: np.ndarray, images: np.ndarray, factor: float = 1.0) -> np.ndarray:
    """x (B, ...), out (kept, ...) -> y (B, ...) = x, with factor out added to these images."""
    y = x.copy()
    y[images] += out * out.dtype.type(factor)
    return y

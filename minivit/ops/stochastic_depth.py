"""Stochastic depth: in training some images, drawn by chance, skip a branch.

    scaled_b = keep_b x_b / (1 - rate),   keep_b = 1 with probability 1 - rate, else 0

On average scaled is x: so nothing is skipped and nothing scaled when the model is used.
(Huang et al. 2016, equation 2, but scaled in training: Srivastava et al. 2014, section 10.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.chance import Drop, check_rate, uniform
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class StochasticDepthCache(NamedTuple):
    drop: Drop
    dtype: np.dtype


def stochastic_depth_forward(
    x: np.ndarray, *, drop: Drop, note=unseen
) -> tuple[np.ndarray, StochasticDepthCache]:
    """Images that are dropped become 0, the others are multiplied by 1 / (1 - rate).

    x (B, ...) -> scaled (B, ...). Raises InputError for a rate outside [0, 1).
    """
    (x,) = reals(x=x)
    scaled = x * image_factors(drop, x)
    note(scaled=scaled)
    return scaled, StochasticDepthCache(drop, x.dtype)


def stochastic_depth_backward(
    dy: np.ndarray, cache: StochasticDepthCache, *, note=unseen
) -> np.ndarray:
    """Gradient of scaled_b = factor_b x_b.

    dy (B, ...), the gradient of scaled, -> dx (B, ...): dx_b = factor_b dy_b, where the
    factors are drawn again and are the same.
    """
    dy = upstream(dy, cache.dtype)
    note(scaled=dy)
    return dy * image_factors(cache.drop, dy)


def image_factors(drop: Drop, x: np.ndarray) -> np.ndarray:
    """(B, 1, ...), as many axes as x (B, ...) has: 0 for a dropped image, else 1 / (1 - rate)."""
    check_rate(drop.rate, "stochastic depth")
    kept = uniform(drop.seed, drop.first_image + np.arange(len(x))) >= drop.rate
    factors = kept * (1 / (1 - drop.rate))
    return factors.astype(x.dtype).reshape(-1, *(1,) * (x.ndim - 1))

"""Dropout: in training some values, drawn by chance, become 0.

    y_i = keep_i x_i / (1 - rate),   keep_i = 1 with probability 1 - rate, else 0

On average y is x: so nothing is dropped and nothing scaled when the model is used.
(Srivastava et al. 2014, section 4, scaled in training: section 10. In a ViT: appendix B.1.)
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.ops.chance import Drop, check_rate, drawn_32, image_keys, least_kept
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class DropoutCache(NamedTuple):
    drop: Drop
    dtype: np.dtype


def dropout_forward(x: np.ndarray, *, drop: Drop, note=unseen) -> tuple[np.ndarray, DropoutCache]:
    """Values that are dropped become 0, the others are multiplied by 1 / (1 - rate).

    x (B, ...) -> y (B, ...). Raises InputError for a rate outside [0, 1).
    """
    (x,) = reals(x=x)
    y = x * value_factors(drop, x)
    note(y=y)
    return y, DropoutCache(drop, x.dtype)


def dropout_backward(dy: np.ndarray, cache: DropoutCache, *, note=unseen) -> np.ndarray:
    """Gradient of y_i = factor_i x_i.

    dy (B, ...) -> dx (B, ...): dx_i = factor_i dy_i, where the factors are drawn again and are the
    same.
    """
    dy = upstream(dy, cache.dtype)
    note(y=dy)
    return dy * value_factors(cache.drop, dy)


def value_factors(drop: Drop, x: np.ndarray) -> np.ndarray:
    """A factor for each value of x (B, ...): 0 where it is dropped, else 1 / (1 - rate)."""
    check_rate(drop.rate, "dropout")
    keys = image_keys(drop.seed, drop.first_image + np.arange(len(x)))
    kept = drawn_32(keys, math.prod(x.shape[1:])) >= least_kept(drop.rate)
    return (kept * x.dtype.type(1 / (1 - drop.rate))).reshape(x.shape)

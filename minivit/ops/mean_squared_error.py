"""Mean squared error: how far numbers are from what they should be.

    loss = 1/n sum_i (x_i - target_i)^2

(He et al. 2021, section 3: over the pixels of the hidden patches.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import converted, reals, upstream
from minivit.ops.notes import unseen


class MeanSquaredErrorCache(NamedTuple):
    difference: np.ndarray  # (B, ...), x - targets


def mean_squared_error_forward(
    x: np.ndarray, *, targets: np.ndarray, note=unseen
) -> tuple[np.ndarray, MeanSquaredErrorCache]:
    """The mean of (x - targets)^2 over all numbers.

    x (B, ...), targets (B, ...) -> loss () of x's dtype. Raises InputError for targets of another
    shape, and without numbers: over none there is no mean.
    """
    (x,) = reals(x=x)
    difference = difference_from(x, targets)
    loss = (difference**2).mean()
    note(x=x, loss=loss)
    return loss, MeanSquaredErrorCache(difference)


def mean_squared_error_backward(
    dloss: np.ndarray, cache: MeanSquaredErrorCache, *, note=unseen
) -> np.ndarray:
    """Gradient of the mean of (x - targets)^2.

    dloss () -> dx (B, ...): d (x_i - t_i)^2 / d x_i = 2 (x_i - t_i), and the mean divides by n:
        dx = 2 (x - targets) dloss / n
    """
    difference = cache.difference
    dloss = upstream(dloss, difference.dtype)
    dx = difference * (2 * dloss / difference.size)
    note(x=dx, loss=dloss)
    return dx


def difference_from(x: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """x - targets, in x's dtype; InputError where there is nothing to subtract."""
    targets = converted("targets", targets, x.dtype)
    if targets.shape != x.shape or not x.size:
        raise InputError(
            f"x has shape {x.shape} and targets have shape {targets.shape}: expected the same "
            "shape, and at least one number"
        )
    return x - targets

"""ReLU: what is negative becomes 0.

y = max(x, 0)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class ReluCache(NamedTuple):
    y: np.ndarray  # (...): the next op keeps it anyway, so that nothing is kept twice


def relu_forward(x: np.ndarray, *, note=unseen) -> tuple[np.ndarray, ReluCache]:
    """The rectified linear unit: y = max(x, 0). x (...) -> y (...)."""
    (x,) = reals(x=x)
    y = np.maximum(x, x.dtype.type(0))
    note(y=y)
    return y, ReluCache(y)


def relu_backward(dy: np.ndarray, cache: ReluCache, *, note=unseen) -> np.ndarray:
    """Gradient of y = max(x, 0). dy (...) -> dx (...).

    The slope is 1 above 0 and 0 below; at 0 itself, where there is none, 0 is taken:
        dx = dy where y > 0, else 0
    """
    dy = upstream(dy, cache.y.dtype)
    dx = np.where(cache.y > 0, dy, dy.dtype.type(0))
    note(y=dy)
    return dx

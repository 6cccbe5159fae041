"""Linear: every row of x through one matrix.

y = x w + b
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen
from minivit.ops.product import product


class LinearCache(NamedTuple):
    x: np.ndarray  # (..., in)
    w: np.ndarray  # (in, out)
    has_bias: bool


def linear_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None, *, note=unseen
) -> tuple[np.ndarray, LinearCache]:
    """Map every row of x: y = x w + b.

    x (..., in), w (in, out), b (out,) or None -> y (..., out).
    """
    x, w, b = reals(x=x, w=w, b=b)
    # One 2-D product: NumPy would run a 3-D x as B small products, 1.7 times slower.
    y = product(x.reshape(-1, w.shape[0]), w).reshape(*x.shape[:-1], w.shape[1])
    if b is not None:
        y += b
    note(y=y)
    return y, LinearCache(x, w, b is not None)


def linear_backward(
    dy: np.ndarray, cache: LinearCache, *, want_dx: bool = True, note=unseen
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray | None]:
    """Gradients of y = x w + b.

    dy (..., out) -> dx (..., in), dw (in, out), db (out,) or None. dx is None without `want_dx`.

    y_ij = sum_k x_ik w_kj + b_j, so x_ik reaches row i through w_k:, w_kj reaches column j from
    every row, and b_j reaches every row:
        dx = dy w^T,   dw = x^T dy,   db = sum over rows of dy
    """
    x, w, has_bias = cache
    dy = upstream(dy, x.dtype)
    dy_rows = dy.reshape(-1, w.shape[1])
    dx = product(dy_rows, w.T).reshape(x.shape) if want_dx else None
    dw = product(x.reshape(-1, w.shape[0]).T, dy_rows)
    db = dy_rows.sum(axis=0) if has_bias else None
    note(y=dy)
    return dx, dw, db


def linear_flops(x: np.ndarray, w: np.ndarray, b: np.ndarray | None = None) -> int:
    """FLOPs of one item of the first axis: a multiplication and an addition per weight and row."""
    return 2 * math.prod(x.shape[1:-1]) * w.size

"""Convolution: the same small linear map at every place of a feature map.

    y[b, i, j] = sum over (r, s) of  x[b, i stride + r - top, j stride + s - left] w[r, s]  + bias

x[...] and y[...] are the vectors of all channels there, and x is 0 beside the map. So a
convolution is one linear map for each place (r, s) of its window, of a map that has moved by (r, s)
(linear.py; Dumoulin and Visin 2016 draw all the ways to slide: sliding.py). As in all of deep
learning the window is not turned around: mathematicians call this a correlation.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen
from minivit.ops.product import product
from minivit.ops.sliding import Sliding, padded, seen, sliding, unpadded


class ConvolutionCache(NamedTuple):
    x: np.ndarray  # (B, height, width, in)
    w: np.ndarray  # (rows, columns, in, out)
    at: Sliding
    has_bias: bool


def convolution_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: str = "same",
    note=unseen,
) -> tuple[np.ndarray, ConvolutionCache]:
    """Slide the window w over maps: y = the sum over its places of the moved x times w there.

    x (B, height, width, in), w (rows, columns, in, out), b (out,) or None
    -> y (B, stops down, stops across, out). `stride` is a number or a pair (down, across);
    `padding` is "same" (ceil(height / stride) stops) or "valid" (the window stays inside).

    Raises InputError for x and w whose channels don't match, and where sliding.py does.
    """
    x, w, b = reals(x=x, w=w, b=b)
    at = window_of(x, w, stride, padding)
    wide = padded(x, at)
    multiply, y = product_of(at), np.zeros((len(x), *at.stops, w.shape[3]), x.dtype)
    for r, s in np.ndindex(at.side):
        y += multiply(seen(wide, at, r, s), w[r, s])
    if b is not None:
        y += b
    note(y=y)
    return y, ConvolutionCache(x, w, at, b is not None)


def convolution_backward(
    dy: np.ndarray, cache: ConvolutionCache, *, want_dx: bool = True, note=unseen
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray | None]:
    """Gradients of a convolution.

    dy (B, stops down, stops across, out) -> dx (B, height, width, in), dw (rows, columns, in, out),
    db (out,) or None. dx is None without `want_dx`.

    y = sum over (r, s) of x_rs w_rs + b, where x_rs is x moved by (r, s). Each term is linear:
        dx_rs = dy w_rs^T,   dw_rs = x_rs^T dy,   db = sum over all places of dy
    dx adds up every dx_rs where x_rs was taken from; what lay beside the map is dropped.
    """
    x, w, at, has_bias = cache
    dy = upstream(dy, x.dtype)
    wide = padded(x, at)
    dwide = np.zeros(wide.shape, x.dtype) if want_dx else None
    multiply, dw = product_of(at), np.empty(w.shape, w.dtype)
    dy_rows = dy.reshape(-1, w.shape[3])
    for r, s in np.ndindex(at.side):
        x_rows = seen(wide, at, r, s).reshape(-1, w.shape[2])
        dw[r, s] = multiply(x_rows.T, dy_rows)
        if want_dx:
            seen(dwide, at, r, s)[:] += multiply(dy, w[r, s].T)
    dx = np.ascontiguousarray(unpadded(dwide, at, x.shape)) if want_dx else None
    db = dy_rows.sum(axis=0) if has_bias else None
    note(y=dy)
    return dx, dw, db


def product_of(at: Sliding) -> Callable:
    """Who multiplies: a window of one pixel is a linear map, and rounds as one; others never."""
    return product if at.side == at.stride == (1, 1) else np.matmul


def convolution_flops(x, w, b=None, *, stride=1, padding: str = "same") -> int:
    """FLOPs of one image: a multiplication and an addition per weight and stop."""
    down, across = window_of(x, w, stride, padding).stops
    return 2 * down * across * w.size


def window_of(x: np.ndarray, w: np.ndarray, stride, padding: str) -> Sliding:
    """How w slides over x; InputError unless they fit each other."""
    if w.ndim != 4:
        raise InputError(
            f"w has the shape {w.shape}: expected (rows, columns, channels in, channels out)"
        )
    at = sliding(x, w.shape[:2], stride, padding)
    if x.shape[3] != w.shape[2]:
        raise InputError(
            f"x has {x.shape[3]} channels and w takes {w.shape[2]}: w of the shape "
            f"{(*w.shape[:2], x.shape[3], w.shape[3])} would fit"
        )
    return at

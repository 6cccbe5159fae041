"""Depthwise convolution: every channel through a window of its own.

    y[b, i, j, c] = sum over (r, s) of  x[b, i stride + r - top, j stride + s - left, c] w[r, s, c]

plus b[c]. It mixes places and no channels: of a convolution's weights (convolution.py) it has those
from each channel to itself (MobileNet, Howard et al. 2017).
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen
from minivit.ops.sliding import Sliding, padded, seen, sliding, unpadded


class DepthwiseConvolutionCache(NamedTuple):
    x: np.ndarray  # (B, height, width, channels)
    w: np.ndarray  # (rows, columns, channels)
    at: Sliding
    has_bias: bool


def depthwise_convolution_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None = None,
    *,
    stride: int | tuple[int, int] = 1,
    padding: str = "same",
    note=unseen,
) -> tuple[np.ndarray, DepthwiseConvolutionCache]:
    """Slide a window over each channel: y = the sum over its places of the moved x times w there.

    x (B, height, width, channels), w (rows, columns, channels), b (channels,) or None
    -> y (B, stops down, stops across, channels).

    Raises InputError for x and w whose channels don't match, and where sliding.py does.
    """
    x, w, b = reals(x=x, w=w, b=b)
    at = depthwise_window_of(x, w, stride, padding)
    wide = padded(x, at)
    y = np.zeros((len(x), *at.stops, x.shape[3]), x.dtype)
    for r, s in np.ndindex(at.side):
        y += seen(wide, at, r, s) * w[r, s]
    if b is not None:
        y += b
    note(y=y)
    return y, DepthwiseConvolutionCache(x, w, at, b is not None)


def depthwise_convolution_backward(
    dy: np.ndarray, cache: DepthwiseConvolutionCache, *, want_dx: bool = True, note=unseen
) -> tuple[np.ndarray | None, np.ndarray, np.ndarray | None]:
    """Gradients of a depthwise convolution.

    dy (B, stops down, stops across, channels) -> dx (B, height, width, channels),
    dw (rows, columns, channels), db (channels,) or None. dx is None without `want_dx`.

    y = sum over (r, s) of x_rs w_rs + b, number by number, where x_rs is x moved by (r, s):
        dx_rs = dy w_rs,   dw_rs = sum of dy x_rs,   db = sum of dy     over images and stops
    """
    x, w, at, has_bias = cache
    dy = upstream(dy, x.dtype)
    wide, everywhere = padded(x, at), (0, 1, 2)
    dwide = np.zeros(wide.shape, x.dtype) if want_dx else None
    dw = np.empty(w.shape, w.dtype)
    for r, s in np.ndindex(at.side):
        dw[r, s] = (seen(wide, at, r, s) * dy).sum(axis=everywhere)
        if want_dx:
            seen(dwide, at, r, s)[:] += dy * w[r, s]
    dx = np.ascontiguousarray(unpadded(dwide, at, x.shape)) if want_dx else None
    db = dy.sum(axis=everywhere) if has_bias else None
    note(y=dy)
    return dx, dw, db


def depthwise_convolution_flops(x, w, b=None, *, stride=1, padding: str = "same") -> int:
    """FLOPs of one image: a multiplication and an addition per weight and stop."""
    down, across = depthwise_window_of(x, w, stride, padding).stops
    return 2 * down * across * w.size


def depthwise_window_of(x: np.ndarray, w: np.ndarray, stride, padding: str) -> Sliding:
    """How w slides over x; InputError unless they fit each other."""
    if w.ndim != 3:
        raise InputError(f"w has the shape {w.shape}: expected (rows, columns, channels)")
    at = sliding(x, w.shape[:2], stride, padding)
    if x.shape[3] != w.shape[2]:
        raise InputError(
            f"x has {x.shape[3]} channels and w {w.shape[2]}: a depthwise window has as many"
        )
    return at

"""Convolution, the twin of `minivit.ops.convolution`: products of patches.

    y = patches of x @ w,    dw = (patches of x)^T @ dy,    dx = patches of dy @ (w turned around)

Written with a matrix of patches, a convolution is one product. The matrix is never made: y and dx
read the patches in the maps' lines (product/sliding.py), dw packs what a row of the window has seen
(product/gathered.py).

dx is a convolution, too. Where the window moved on by `stride`, neighbouring pixels were seen by
different places of it: pixels that lie `stride` apart, by the same. So the pixels of dx fall into
stride x stride lattices, and on each dx is a convolution of dy with the places that saw it, of
stride 1. No sum is made over zeros.

A window of 3 x 3 pixels that moves on by one takes less than half of the multiplications if stops
are taken four at a time (winograd/). A window of one pixel that does is a linear map (linear.py).
"""

import math

import numpy as np

from minivit.ops.convolution import ConvolutionCache, window_of
from minivit.ops.linear import LinearCache

from .columns import column_sums
from .inputs import like, need_shape, reals
from .linear import linear_backward, linear_forward
from .product.gathered import transposed_into
from .product.patches import Patches
from .product.sliding import Weights, patches_into
from .winograd.choice import FOR_GRADIENTS, FOR_SUMS, by_winograd
from .winograd.convolved import convolved_into
from .winograd.gradient import weights_gradient_into


def convolution_forward(x, w, b=None, *, stride=1, padding="same"):
    """x (B, height, width, in), w (rows, columns, in, out), b (out,) or None -> y (B, ..., out).

    Contiguous copies of x and w are made where they aren't; threaded over rectangles of y.
    """
    x, w, b = reals(x=x, w=w, b=b)
    at = window_of(x, w, stride, padding)
    x, w, b = like(x, x, w, b)
    need_shape("b", b, w.shape[3:])
    cache = ConvolutionCache(x, w, at, b is not None)
    if is_linear(at):
        return linear_forward(x, w[0, 0], b)[0], cache
    y = np.empty((len(x), *at.stops, w.shape[3]), x.dtype)
    product_into(as_rows(y), patches_of(x, at), weights_of(w), bias=b)
    return y, cache


def convolution_backward(dy, cache, *, want_dx=True):
    """dx = sum over (r, s) of dy w_rs^T where x_rs was, dw_rs = x_rs^T dy, db = sum of dy.

    dy (B, ..., out) -> dx (B, height, width, in), dw (rows, columns, in, out), db (out,) or None.
    """
    x, w, at, has_bias = cache
    (dy,) = like(x, dy)
    need_shape("dy", dy, (len(x), *at.stops, w.shape[3]))
    if is_linear(at):
        dx, dw, db = linear_backward(dy, LinearCache(x, w[0, 0], has_bias), want_dx=want_dx)
        return dx, dw.reshape(w.shape), db
    dy_rows = as_rows(dy)
    dw, db = np.empty(w.shape, w.dtype), None
    transposed_product_into(as_rows(dw), patches_of(x, at), dy_rows)
    if has_bias:
        db = column_sums(dy_rows)
    return maps_gradient(dy, w, at, x.shape) if want_dx else None, dw, db


def maps_gradient(dy, w, at, shape):
    """dx, of this shape: lattice after lattice of its pixels."""
    dx = np.empty(shape, dy.dtype)
    numbers, _, down, right, row, column = weights_of(w)
    for corner in np.ndindex(at.stride):
        lattice = dx[:, corner[0] :: at.stride[0], corner[1] :: at.stride[1]]
        axes = [lattice_places(at, corner, axis) for axis in (0, 1)]
        (rows, top), (columns, left) = axes
        if not rows or not columns:
            lattice[...] = 0
            continue
        first = rows[0] * down + columns[0] * right
        turned = Weights(numbers, first, -down * at.stride[0], -right * at.stride[1],
                         column, row)  # fmt: skip
        out = lattice if lattice.flags.c_contiguous else np.empty(lattice.shape, dx.dtype)
        patches = Patches(dy.reshape(-1), dy.shape[1:], lattice.shape[1:3],
                          (len(rows), len(columns)), (1, 1), (top, left))  # fmt: skip
        product_into(as_rows(out), patches, turned)
        if out is not lattice:
            lattice[...] = out
    return dx


def lattice_places(at, corner, axis):
    """Which places of the window saw the pixels corner, corner + stride, ...; and the first stop.

    Place r saw pixel y at the stop i with y = i stride + r - before. Of the pixels corner + m
    stride that is r = offset + t stride for t = 0, 1, ..., and i = m + (corner + before - r) /
    stride: with r falling, i rises by one each.
    """
    stride, reach = at.stride[axis], corner[axis] + at.before[axis]
    places = list(range(reach % stride, at.side[axis], stride))[::-1]
    return places, (reach - places[0]) // stride if places else 0


def as_rows(x):
    """(..., channels) -> (rows, channels), of no channels too."""
    return x.reshape(math.prod(x.shape[:-1]), x.shape[-1])


def product_into(out, patches, weights, *, bias=None):
    """out = patches @ weights + bias, in the way that is faster."""
    winograd = by_winograd(patches, *out.shape, out.dtype, FOR_SUMS)
    (convolved_into if winograd else patches_into)(out, patches, weights, bias=bias)


def transposed_product_into(out, patches, b):
    """out = patches^T @ b, likewise."""
    winograd = by_winograd(patches, *b.shape, b.dtype, FOR_GRADIENTS)
    (weights_gradient_into if winograd else transposed_into)(out, patches, b)


def weights_of(w):
    """w as the matrix that multiplies patches."""
    _, columns, channels, out = w.shape
    return Weights(w.reshape(-1), 0, columns * channels * out, channels * out, out, 1)


def patches_of(x, at):
    """What the window sees of x."""
    first = -at.before[0], -at.before[1]
    return Patches(x.reshape(-1), x.shape[1:], at.stops, at.side, at.stride, first)


def is_linear(at):
    """Whether the window is one pixel that stops at each."""
    return at.side == at.stride == (1, 1)

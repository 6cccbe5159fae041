"""Dropout, the twin of `minivit.ops.dropout`.

The mask is never stored: whoever needs it draws it again, at some twelve integer instructions for a
whole register of values. Memory takes longer. Threaded over chunks of an image's values.

In a branch the same pass adds x. Attention draws the mask of its probabilities chunk by chunk
(attention_steps.py), by `is_kept`, below.
"""

from typing import NamedTuple

import numpy as np
from numba import prange

from minivit.ops.chance import ROUNDS_32, Drop, check_rate, image_keys, least_kept

from .compiling import jit, parallel_jit
from .inputs import like, need_shape, reals

CHUNK = 8192  # values
# Typed: with Python's own numbers Numba would calculate in 64 bits.
(SHIFT_1, FACTOR_1), (SHIFT_2, FACTOR_2) = (map(np.uint32, pair) for pair in ROUNDS_32)
LAST_SHIFT = np.uint32(16)


class Mask(NamedTuple):
    """Which values are kept, as compiled code draws it."""

    keys: np.ndarray  # flat, uint32: two for each image; none where nothing is dropped
    least: np.uint32  # what is drawn below this is dropped
    factor: np.floating  # 1 / (1 - rate), for what is kept


class DropoutCache(NamedTuple):
    mask: Mask
    shape: tuple  # (B, ...)
    dtype: np.dtype


def dropout_forward(x, *, drop):
    """x (B, ...) -> y (B, ...), a new array: 0 for a value that is dropped, else x / (1 - rate)."""
    (x,) = reals(x=x)
    (x,) = like(x, x)
    mask = mask_of(drop, np.arange(len(x)), x.dtype)
    return dropped_into(np.empty_like(x), x, mask), DropoutCache(mask, x.shape, x.dtype)


def dropout_backward(dy, cache):
    """dy (B, ...) -> dx (B, ...), a new array, by the same factors."""
    dx = np.empty(cache.shape, cache.dtype)
    (dy,) = like(dx, dy)
    need_shape("dy", dy, cache.shape)
    return dropped_into(dx, dy, cache.mask)


def mask_of(drop: Drop | None, images: np.ndarray, dtype: np.dtype) -> Mask | None:
    """The mask for these images, given by their numbers; None without `drop`."""
    if drop is None:
        return None
    check_rate(drop.rate, "dropout")
    keys = image_keys(drop.seed, drop.first_image + images)
    return Mask(keys.reshape(-1), least_kept(drop.rate), dtype.type(1 / (1 - drop.rate)))


def dropped_into(y, x, mask, plus=None):
    """y = x, some values dropped, + plus: each contiguous, image after image; y may be x."""
    shape = len(mask.keys) // 2, x.size // max(len(mask.keys) // 2, 1)
    more = x if plus is None else plus
    flat = y.reshape(shape), x.reshape(shape), more.reshape(shape)
    _dropped_into(*flat, y is not x, plus is not None, *mask)
    return y


@jit
def is_kept(position, first_key, second_key, least):
    """Whether a value is kept, by its position in its image: as `drawn_32` of ops/chance.py."""
    n = np.uint32(position) ^ first_key
    n = np.uint32((n ^ (n >> SHIFT_1)) * FACTOR_1) ^ second_key
    n = np.uint32((n ^ (n >> SHIFT_2)) * FACTOR_2)
    return (n ^ (n >> LAST_SHIFT)) >= least


@parallel_jit(small_op=True)
def _dropped_into(y, x, plus, copy, add, keys, least, factor):
    """(images, values of an image) each.

    A loop that reads one array and writes another is vectorised for arrays that lie apart. So x is
    copied first, chunk by chunk, and the rest happens in place.
    """
    images, size = x.shape
    chunks, zero = (size + CHUNK - 1) // CHUNK, x.dtype.type(0)
    for unit in prange(images * chunks):
        image, start = unit // chunks, unit % chunks * CHUNK
        one, two, end = keys[2 * image], keys[2 * image + 1], min(start + CHUNK, size)
        # Slices, so that the index counts from 0: Numba would test whether another is negative.
        x_here, y_here, plus_here = x[image, start:end], y[image, start:end], plus[image, start:end]
        if copy:
            for i in range(end - start):
                y_here[i] = x_here[i]
        if add:
            for i in range(end - start):
                kept = is_kept(start + i, one, two, least)
                y_here[i] = y_here[i] * (factor if kept else zero) + plus_here[i]
        else:
            for i in range(end - start):
                kept = is_kept(start + i, one, two, least)
                y_here[i] *= factor if kept else zero

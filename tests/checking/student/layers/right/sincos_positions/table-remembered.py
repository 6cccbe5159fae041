"""The 1-D table is made once for each size and kept: a state that changes no result."""

import functools

import numpy as np


@functools.cache
def table(tokens, width):
    i = np.arange(width)
    angle = np.arange(tokens)[:, None] / 10000.0 ** (2 * (i // 2) / width)
    return np.where(i % 2, np.cos(angle), np.sin(angle))


def sincos_positions_forward(x, *, grid):
    return x + table(*x.shape[1:]).astype(x.dtype), None


def sincos_positions_backward(dy, cache):
    return dy.copy()

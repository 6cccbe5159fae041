"""Where each head's matrix lies in q, k, v and y (B, H, T, K), for compiled code."""

from typing import NamedTuple

import numpy as np

from .compiling import jit
from .matrix import ONE, Matrix


class Heads(NamedTuple):
    """x (B, H, T, K): x[b, h, t, k] is numbers[first + b batch + h head + t token + k]."""

    numbers: np.ndarray  # flat
    first: int
    batch: int
    head: int
    token: int


class ThreeHeads(NamedTuple):
    """q, k and v, or their gradients, with the same strides, as slices of one qkv have them."""

    q: np.ndarray  # flat
    k: np.ndarray
    v: np.ndarray
    q_first: int
    k_first: int
    v_first: int
    batch: int
    head: int
    token: int


@jit(counts=False)
def one_head(x, head, heads):
    """The matrix (T, K) of a head, counted through all images."""
    first = x.first + head // heads * x.batch + head % heads * x.head
    return Matrix(x.numbers, first, x.token, ONE)


@jit(counts=False)
def three_heads(x, head, heads):
    """The three matrices (T, K) of a head, counted through all images."""
    at, token = head // heads * x.batch + head % heads * x.head, x.token
    q, k = Matrix(x.q, x.q_first + at, token, ONE), Matrix(x.k, x.k_first + at, token, ONE)
    return q, k, Matrix(x.v, x.v_first + at, token, ONE)

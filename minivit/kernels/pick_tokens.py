"""Picking tokens, the twin of `minivit.ops.pick_tokens`.

Copies that wait for the memory, threaded over images; each image adds up its own gradients of the
mask token, and they are summed over the images in their order: the same bits for any number of
threads. Which token stands where is drawn by the op's own functions: few numbers beside the tokens.
"""

import numpy as np
from numba import prange

from minivit.ops.masking import MASK
from minivit.ops.pick_tokens import PickTokensCache, picked_sources

from .compiling import parallel_jit
from .inputs import like, need_shape, reals


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    """x (B, T, D), token (D,) or None -> y (B, T', D), contiguous, a new array."""
    x, token = reals(x=x, token=token)
    x, token = like(x, x, token)
    D = x.shape[2]
    need_shape("token", token, (D,))
    found = np.ascontiguousarray(picked_sources(x.shape, token, masking, way, has_cls))
    y = np.empty((*found.shape, D), x.dtype)
    _pick_into(y, x, np.zeros(D, x.dtype) if token is None else token, found)
    return y, PickTokensCache(found, x.shape, x.dtype, token is not None)


def pick_tokens_backward(dy, cache):
    """dy (B, T', D) -> dx (B, T, D), dtoken (D,) or None."""
    (dy,) = like(np.empty(0, cache.dtype), dy)
    B, _, D = cache.shape
    need_shape("dy", dy, (*cache.sources.shape, D))
    dx, of_mask = np.empty(cache.shape, cache.dtype), np.empty((B, D), cache.dtype)
    _pick_backward_into(dx, of_mask, dy, cache.sources)
    return dx, of_mask.sum(axis=0) if cache.has_token else None


@parallel_jit(small_op=True)
def _pick_into(y, x, token, found):
    """y[b, t] = x[b, found[b, t]], or the token."""
    images, tokens, columns = y.shape
    for b in prange(images):
        for t in range(tokens):
            goal, source = y[b, t], found[b, t]
            if source == MASK:
                for j in range(columns):
                    goal[j] = token[j]
            else:
                given = x[b, source]
                for j in range(columns):
                    goal[j] = given[j]


@parallel_jit(small_op=True)
def _pick_backward_into(dx, of_mask, dy, found):
    """dx[b, found[b, t]] += dy[b, t], and of_mask[b] where there is no source."""
    images, tokens, columns = dy.shape
    for b in prange(images):
        dx[b, :] = 0
        of_mask[b, :] = 0
        for t in range(tokens):
            given, source = dy[b, t], found[b, t]
            goal = of_mask[b] if source == MASK else dx[b, source]
            for j in range(columns):
                goal[j] += given[j]

"""Embedding: x = [cls; patches w + b] + positions, the twin of `minivit.ops.embed`.

The projection, if there is one, is a product (linear.py). With a cls token the patches' tokens move
on by one place; the pass that copies them adds the positions, threaded over images. Backward one
pass copies the gradients of the patches' tokens and adds up those of the positions, threaded over
tokens: each is summed over the images in their order, the same bits for any number of threads. Both
passes wait for the memory: each reads and writes 2 B T D numbers.
"""

import numpy as np
from numba import get_num_threads

from minivit.ops.embed import EmbedCache, check_projection

from .compiling import shared
from .inputs import like, need_shape, reals
from .linear import linear_backward, linear_forward


def embed_forward(patches, w, b, cls, positions):
    """patches (B, N, P*P*channels), w (P*P*channels, D), b, cls, positions -> x (B, T, D)."""
    patches, w, cls, positions = reals(patches=patches, w=w, cls=cls, positions=positions)
    check_projection(w, b)
    cls, positions = like(patches, cls, positions)
    (B, N, _), has_cls = patches.shape, cls is not None
    D = patches.shape[2] if w is None else w.shape[1]
    need_shape("cls", cls, (D,))
    need_shape("positions", positions, (N + has_cls, D))
    if w is None:
        (projected,), linear = like(patches, patches), None
    else:
        projected, linear = linear_forward(patches, w, b)
    cache = EmbedCache(linear, (B, N, D), projected.dtype, has_cls, positions is not None)
    if not has_cls:  # nothing moves
        if positions is None:
            return projected.copy() if w is None else projected, cache
        return projected + positions, cache
    x = np.empty((B, N + 1, D), projected.dtype)
    table = np.zeros(x.shape[1:], x.dtype) if positions is None else positions
    _tokens_into(x.dtype, min(B, get_num_threads()), x, projected, cls, table)
    return x, cache


def embed_backward(dx, cache, *, want_dx=True):
    """dx (B, T, D) -> dpatches (B, N, P*P*channels), dw, db, dcls (D,), dpositions (T, D)."""
    (dx,), (B, N, D) = like(np.empty(0, cache.dtype), dx), cache.shape
    T = N + cache.has_cls
    need_shape("dx", dx, (B, T, D))
    if cache.has_cls:
        dprojected, sums = np.empty((B, N, D), dx.dtype), np.empty((T, D), dx.dtype)
        _tokens_backward_into(dx.dtype, min(T, get_num_threads()), dprojected, sums, dx)
        dcls, dpositions = sums[0].copy(), sums if cache.has_positions else None
    else:
        dprojected, dcls = dx, None
        dpositions = dx.sum(axis=0) if cache.has_positions else None
    if cache.linear is None:
        dpatches = None if not want_dx else dprojected if cache.has_cls else dx.copy()
        return dpatches, None, None, dcls, dpositions
    return *linear_backward(dprojected, cache.linear, want_dx=want_dx), dcls, dpositions


@shared
def _tokens_into(share, shares, x, projected, cls, positions):
    """x[b] = [cls; projected[b]] + positions, for an equal run of images."""
    images, tokens, columns = x.shape
    for b in range(share * images // shares, (share + 1) * images // shares):
        for j in range(columns):
            x[b, 0, j] = cls[j] + positions[0, j]
        for t in range(1, tokens):
            for j in range(columns):
                x[b, t, j] = projected[b, t - 1, j] + positions[t, j]


@shared
def _tokens_backward_into(share, shares, dprojected, sums, dx):
    """dprojected[b] = dx[b, 1:], sums = sum_b dx[b], for an equal run of tokens."""
    images, tokens, columns = dx.shape
    for t in range(share * tokens // shares, (share + 1) * tokens // shares):
        for j in range(columns):
            sums[t, j] = dx.dtype.type(0)
        for b in range(images):
            for j in range(columns):
                sums[t, j] += dx[b, t, j]
            if t > 0:  # token 0 is the cls token
                for j in range(columns):
                    dprojected[b, t - 1, j] = dx[b, t, j]

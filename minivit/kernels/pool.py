"""Pooling, the twin of `minivit.ops.pool`.

Sequence pooling reads the tokens of an image while they lie in the cache, threaded over images:
scores, softmax and weighted sum forward; the gradients of all three backward. The gradient of w is
a product (linear.py). The other ways to pool copy or sum what the memory delivers: NumPy does that.
"""

import numpy as np
from numba import prange

from minivit.ops.linear import LinearCache
from minivit.ops.pool import PoolCache, check_pool, pooled_without_weights, tokens_gradient
from minivit.ops.softmax import SoftmaxCache

from .compiling import parallel_jit
from .elementary import exp
from .inputs import like, need_shape, reals
from .product.matmul import matmul
from .simd import maximum


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    """x (B, T, D), w (D, 1), b (1,) or None -> pooled (B, D), or (B, T D) of "flatten"."""
    x, w, b = reals(x=x, w=w, b=b)
    check_pool(pool, w, b)
    linear = softmax = None
    if pool == "sequence":
        x, w, b = like(x, x, w, b)
        (B, T, D), one = x.shape, x.dtype.type
        need_shape("w", w, (D, 1))
        need_shape("b", b, (1,))
        pooled, probs = np.empty((B, D), x.dtype), np.empty((B, T), x.dtype)
        _sequence_into(pooled, probs, x, w.reshape(-1), one(0) if b is None else b[0])
        linear, softmax = LinearCache(x, w, b is not None), SoftmaxCache(probs)
    else:
        pooled = np.ascontiguousarray(pooled_without_weights(x, pool, has_cls))
    return pooled, PoolCache(pool, has_cls, x.shape, x.dtype, linear, softmax)


def pool_backward(dy, cache):
    """dy (B, D), or (B, T D) of "flatten" -> dx (B, T, D), dw (D, 1) or None, db (1,) or None."""
    (dy,), (B, T, D) = like(np.empty(0, cache.dtype), dy), cache.tokens_shape
    need_shape("dy", dy, (B, T * D if cache.pool == "flatten" else D))
    if cache.pool != "sequence":
        return tokens_gradient(dy, cache), None, None
    x, w, has_bias = cache.linear
    dx, dscores = np.empty_like(x), np.empty((B, T), x.dtype)
    _sequence_backward_into(dx, dscores, dy, x, cache.softmax.probs, w.reshape(-1))
    dw = matmul(x.reshape(-1, D).T, dscores.reshape(-1, 1), exact=True)
    return dx, dw, np.zeros(1, x.dtype) if has_bias else None


@parallel_jit(small_op=True)
def _sequence_into(pooled, probs, x, w, b):
    """probs[i] = softmax of x[i] w + b, pooled[i] = sum_t probs[i, t] x[i, t]; w (D,), b a number.

    A shift by the largest score keeps exp from overflowing.
    """
    images, tokens, columns = x.shape
    for i in prange(images):
        scores, mixed = probs[i], pooled[i]
        for t in range(tokens):
            score = b
            for j in range(columns):
                score += x[i, t, j] * w[j]
            scores[t] = score
        highest = scores[0]
        for t in range(tokens):
            highest = maximum(highest, scores[t])
        total = probs.dtype.type(0)
        for t in range(tokens):
            scores[t] = exp(scores[t] - highest)
            total += scores[t]
        mixed[:] = 0
        for t in range(tokens):
            scores[t] /= total
            for j in range(columns):
                mixed[j] += scores[t] * x[i, t, j]


@parallel_jit(small_op=True)
def _sequence_backward_into(dx, dscores, dy, x, probs, w):
    """dprobs = dy x_t, dscores = probs (dprobs - sum_t dprobs probs), dx = probs dy + dscores w."""
    images, tokens, columns = x.shape
    for i in prange(images):
        along = dx.dtype.type(0)
        for t in range(tokens):
            dprob = dx.dtype.type(0)
            for j in range(columns):
                dprob += dy[i, j] * x[i, t, j]
            dscores[i, t] = dprob
            along += dprob * probs[i, t]
        for t in range(tokens):
            prob = probs[i, t]
            dscore = prob * (dscores[i, t] - along)
            dscores[i, t] = dscore
            for j in range(columns):
                dx[i, t, j] = prob * dy[i, j] + dscore * w[j]

"""The head: logits = pool(x) w + b, the twin of `minivit.ops.head`; a product (linear.py)."""

import numpy as np

from minivit.ops.head import HeadCache, pool_backward, pool_forward

from .inputs import reals
from .linear import linear_backward, linear_forward


def head_forward(x, w, b, *, pool="cls"):
    """x (B, T, D), w (D, C), b (C,) or None -> logits (B, C)."""
    (x,) = reals(x=x)
    pooled = np.ascontiguousarray(pool_forward(x, pool))
    logits, linear = linear_forward(pooled, w, b)
    return logits, HeadCache(linear, x.shape, pool)


def head_backward(dlogits, cache):
    """dlogits (B, C) -> dx (B, T, D), dw (D, C), db (C,) or None."""
    dpooled, dw, db = linear_backward(dlogits, cache.linear)
    return pool_backward(dpooled, cache.tokens_shape, cache.pool), dw, db

"""The head: logits = pool(x) w + b, the twin of `minivit.ops.head`; a product (linear.py)."""

from minivit.ops.head import HeadCache

from .inputs import reals
from .linear import linear_backward, linear_forward
from .pool import pool_backward, pool_forward


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    """x (B, T, D), w (D, C), b (C,) or None -> logits (B, C)."""
    (x,) = reals(x=x)
    pooled, pooling = x, None
    if pool is not None:
        pooled, pooling = pool_forward(x, pool=pool, has_cls=has_cls)
    logits, linear = linear_forward(pooled, w, b)
    return logits, HeadCache(pooling, linear)


def head_backward(dlogits, cache):
    """dlogits (B, C) -> dx (B, T, D), dw (D, C), db (C,) or None."""
    dx, dw, db = linear_backward(dlogits, cache.linear)
    if cache.pool is not None:
        dx, _, _ = pool_backward(dx, cache.pool)
    return dx, dw, db

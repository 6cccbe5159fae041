"""The head: class scores from one vector that speaks for the image.

    logits = pool(x) w + b

The head pools the tokens itself (pool.py), or reads what was pooled before it.

(ViT paper, equation 4 and section 3.1; mean pooling in appendix D.3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen
from minivit.ops.pool import PoolCache, pool_backward, pool_forward


class HeadCache(NamedTuple):
    pool: PoolCache | None  # tokens (B, T, D) -> pooled (B, D)
    linear: LinearCache  # pooled (B, D) -> logits (B, C)


def head_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray | None,
    *,
    pool: str | None = "cls",
    has_cls: bool = False,
    note=unseen,
) -> tuple[np.ndarray, HeadCache]:
    """Class scores of each image: logits = pool(x) w + b.

    x (B, T, D), w (D, C), b (C,) or None -> logits (B, C). `pool` and `has_cls` are those of
    `pool_forward`; w is (T D, C) with "flatten". With `pool` None x (B, D) is pooled already.

    Raises InputError for another pool, and for "sequence", whose weights the head does not have.
    """
    (x,) = reals(x=x)
    pooled, pooling = x, None
    if pool is not None:
        pooled, pooling = pool_forward(x, pool=pool, has_cls=has_cls, note=note)
    logits, linear = linear_forward(pooled, w, b)
    note(logits=logits)
    return logits, HeadCache(pooling, linear)


def head_backward(
    dlogits: np.ndarray, cache: HeadCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients of logits = pool(x) w + b: those of linear, then of the pooling.

    dlogits (B, C) -> dx (B, T, D), or (B, D) if x was pooled already, dw (D, C), db (C,) or None.
    """
    dx, dw, db = linear_backward(dlogits, cache.linear)
    note(logits=dlogits)
    if cache.pool is not None:
        dx, _, _ = pool_backward(dx, cache.pool, note=note)
    return dx, dw, db


def head_flops(x, w, b, *, pool: str | None = "cls", has_cls: bool = False) -> int:
    """FLOPs of one image."""
    return linear_flops(x[:, 0], w)

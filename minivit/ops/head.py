"""The head: class scores from one vector that speaks for the image.

    logits = pool(x) w + b,   pool = the cls token, or the mean of all tokens

(ViT paper, equation 4 and section 3.1; mean pooling in appendix D.3.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals
from minivit.ops.linear import LinearCache, linear_backward, linear_flops, linear_forward
from minivit.ops.notes import unseen

POOLS = ("cls", "mean")


class HeadCache(NamedTuple):
    linear: LinearCache  # pooled (B, D) -> logits (B, C)
    tokens_shape: tuple  # (B, T, D)
    pool: str


def head_forward(
    x: np.ndarray, w: np.ndarray, b: np.ndarray | None, *, pool: str = "cls", note=unseen
) -> tuple[np.ndarray, HeadCache]:
    """Class scores of each image: logits = pool(x) w + b.

    x (B, T, D), w (D, C), b (C,) or None -> logits (B, C). `pool` is "cls" (token 0) or "mean"
    (of every token; a model with this head has no cls token).

    Raises InputError for another pool.
    """
    (x,) = reals(x=x)
    pooled = pool_forward(x, pool)  # (B, D)
    logits, linear = linear_forward(pooled, w, b)
    note(pooled=pooled, logits=logits)
    return logits, HeadCache(linear, x.shape, pool)


def head_backward(
    dlogits: np.ndarray, cache: HeadCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients of logits = pool(x) w + b.

    dlogits (B, C) -> dx (B, T, D), dw (D, C), db (C,) or None.

    Either the cls token alone reaches the logits, or each of the T tokens does, with weight 1/T:
        dx[:, 0] = dpooled and 0 elsewhere,   or   dx[:, t] = dpooled / T
    """
    dpooled, dw, db = linear_backward(dlogits, cache.linear)
    note(pooled=dpooled, logits=dlogits)
    return pool_backward(dpooled, cache.tokens_shape, cache.pool), dw, db


def head_flops(x, w, b, *, pool: str = "cls") -> int:
    """FLOPs of one image."""
    return linear_flops(x[:, 0], w)


def pool_forward(x: np.ndarray, pool: str) -> np.ndarray:
    """x (B, T, D) -> (B, D): token 0 (a copy: the others can be freed), or the mean of all."""
    if pool not in POOLS:
        raise InputError(f'pool is {pool!r}: choose "cls" or "mean"')
    return x[:, 0].copy() if pool == "cls" else x.mean(axis=1)


def pool_backward(dpooled: np.ndarray, tokens_shape: tuple, pool: str) -> np.ndarray:
    """dpooled (B, D) -> dx (B, T, D)."""
    dx = np.zeros(tokens_shape, dpooled.dtype)
    if pool == "cls":
        dx[:, 0] = dpooled
    else:
        dx[:] = dpooled[:, None] / tokens_shape[1]
    return dx

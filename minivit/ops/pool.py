"""Pooling: the tokens of an image become one vector, which speaks for the image.

    cls        y = x_0                                     the cls token
    mean       y = the mean of x_t over the patches        a cls token is left out, as in timm
    sequence   y = sum_t probs_t x_t                       over all tokens,
               probs = softmax over t of x_t w + b         with weights that are learned
    flatten    y = [x_0; x_1; ...; x_(T-1)]                all tokens, one after the other

(ViT paper, section 3.1 and appendix D.3; sequence pooling: Hassani et al. 2021, CCT.)
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import reals, upstream
from minivit.ops.linear import LinearCache, linear_flops
from minivit.ops.notes import unseen
from minivit.ops.softmax import SoftmaxCache, softmax_backward, softmax_forward

POOLS = ("cls", "mean", "sequence", "flatten")


class PoolCache(NamedTuple):
    pool: str
    has_cls: bool
    tokens_shape: tuple  # (B, T, D)
    dtype: np.dtype
    linear: LinearCache | None  # sequence: tokens (B, T, D) -> scores (B, T, 1)
    softmax: SoftmaxCache | None  # sequence: scores (B, T) -> probs (B, T)


def pool_forward(
    x: np.ndarray,
    w: np.ndarray | None = None,
    b: np.ndarray | None = None,
    *,
    pool: str = "cls",
    has_cls: bool = False,
    note=unseen,
) -> tuple[np.ndarray, PoolCache]:
    """One vector for each image.

    x (B, T, D); for sequence pooling w (D, 1) and b (1,) or None, else both None
    -> pooled (B, D), or (B, T D) of "flatten". `has_cls` says that token 0 is a cls token.

    Raises InputError for another pool, and for weights where none are used, or none where they are.
    """
    x, w, b = reals(x=x, w=w, b=b)
    check_pool(pool, w, b)
    linear = softmax = None
    if pool == "sequence":
        scores, linear = x.reshape(-1, len(w)) @ w, LinearCache(x, w, b is not None)  # (B T, 1)
        scores = (scores if b is None else scores + b).reshape(x.shape[:2])  # too few to round
        probs, softmax = softmax_forward(scores)  # (B, T)
        pooled = (probs[:, None] @ x)[:, 0]  # (B, D)
        note(scores=scores, probs=probs)
    else:
        pooled = pooled_without_weights(x, pool, has_cls)
    note(pooled=pooled)
    return pooled, PoolCache(pool, has_cls, x.shape, x.dtype, linear, softmax)


def pool_backward(dy: np.ndarray, cache: PoolCache, *, note=unseen) -> tuple:
    """Gradients of y = pool(x).

    dy (B, D), or (B, T D) of "flatten" -> dx (B, T, D), dw (D, 1) or None, db (1,) or None.

    cls        dx_0 = dy, and 0 elsewhere
    mean       each of n patches reaches y with weight 1/n: dx_t = dy / n, and 0 for a cls token
    flatten    dx_t is the part of dy that belongs to token t
    sequence   x_t reaches y by its part of the sum and by its score, which reaches all probs:
                   dprobs_t = dy . x_t,   dscores = the softmax's gradient,
                   dx_t = probs_t dy + dscores_t w^T,
                   dw = sum over images and tokens of dscores_t x_t,
                   db = 0: a softmax ignores what all scores have in common
    """
    dy = upstream(dy, cache.dtype)
    if cache.pool != "sequence":
        note(pooled=dy)
        return tokens_gradient(dy, cache), None, None
    (x, w, has_bias), probs = cache.linear, cache.softmax.probs
    dprobs = (x @ dy[:, :, None])[:, :, 0]  # (B, T)
    dscores = softmax_backward(dprobs, cache.softmax)
    dx = dscores[:, :, None] * w[:, 0] + probs[:, :, None] * dy[:, None]
    dw = x.reshape(-1, len(w)).T @ dscores.reshape(-1, 1)
    note(scores=dscores, probs=dprobs, pooled=dy)
    return dx, dw, np.zeros(1, x.dtype) if has_bias else None


def pool_flops(x, w=None, b=None, *, pool: str = "cls", has_cls: bool = False) -> int:
    """FLOPs of one image: the scores, and as many for the sum that they weigh."""
    return 2 * linear_flops(x, w) if pool == "sequence" else 0


def pooled_without_weights(x: np.ndarray, pool: str, has_cls: bool) -> np.ndarray:
    """x (B, T, D) -> (B, D), or (B, T D) of "flatten"."""
    if pool == "cls":
        return x[:, 0].copy()  # the others can be freed
    if pool == "mean":
        return x[:, int(has_cls) :].mean(axis=1)
    return x.reshape(len(x), x.shape[1] * x.shape[2])


def tokens_gradient(dy: np.ndarray, cache: PoolCache) -> np.ndarray:
    """dy of what `pooled_without_weights` made -> dx (B, T, D)."""
    if cache.pool == "flatten":
        return dy.reshape(cache.tokens_shape).copy()
    dx = np.zeros(cache.tokens_shape, dy.dtype)
    if cache.pool == "cls":
        dx[:, 0] = dy
    else:
        patches = dx[:, int(cache.has_cls) :]
        patches[:] = dy[:, None] / patches.shape[1]
    return dx


def check_pool(pool: str, w, b) -> None:
    """InputError for another pool than POOLS, and unless sequence pooling alone has weights."""
    if pool not in POOLS:
        raise InputError(f"pool is {pool!r}: choose {' or '.join(map(repr, POOLS))}")
    if pool == "sequence" and w is None:
        raise InputError("pool is 'sequence' and w is None: its weights are learned; give w (D, 1)")
    if pool != "sequence" and (w is not None or b is not None):
        raise InputError(f"pool is {pool!r} and has no weights: leave out w and b")

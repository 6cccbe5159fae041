"""Scaled dot-product attention: every query asks all keys, and takes a mixture of the values.

    scores = q k^T / sqrt(K),   probs = softmax(scores),   mixed = probs v

(Vaswani et al. 2017, equation 1; in the ViT paper appendix A, equations 6 and 7. In training some
probabilities may be dropped: dropout.py.)
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.fields import is_whole_number
from minivit.ops.chance import Drop
from minivit.ops.dropout import DropoutCache, dropout_backward, dropout_forward
from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen
from minivit.ops.product import attention_product
from minivit.ops.relative import relative_gradients, relative_scores
from minivit.ops.softmax import SoftmaxCache, softmax_backward, softmax_forward
from minivit.ops.window import Window, seen_keys

# Of a row's largest score: scores that lie closer count as equal. It is 32 roundings of float32, in
# float64 too, so that both choose the same keys.
TIE = 2.0**-18


class AttentionOptions(NamedTuple):
    """Options of attention beyond the plain formula."""

    top_k: int | None = None  # how many keys a query attends to, the best ones; None: all
    window: Window | None = None  # which keys a query sees; None: all


PLAIN = AttentionOptions()


class AttentionCache(NamedTuple):
    q: np.ndarray  # (..., T, K)
    k: np.ndarray  # (..., T, K)
    v: np.ndarray  # (..., T, K)
    probs: np.ndarray  # (..., T, T): row = query, column = key
    offsets: np.ndarray | None  # (H, 2T or 2T - 1, K)
    kept: DropoutCache | None = None  # probs -> probs_kept (..., T, T)


def attention_forward(
    q: np.ndarray,
    k: np.ndarray,
    v: np.ndarray,
    offsets: np.ndarray | None = None,
    *,
    options: AttentionOptions = PLAIN,
    drop: Drop | None = None,
    note=unseen,
) -> tuple[np.ndarray, AttentionCache]:
    """Mix the values by how well each key answers each query.

    q, k, v (..., T, K), offsets (H, 2T or 2T - 1, K) or None -> mixed (..., T, K).

    A dot product of K independent terms of variance 1 has variance K; the factor 1/sqrt(K) brings
    it back to 1, so that the softmax starts out soft. With `offsets`, the relative positions of
    relative.py, the scores are q k^T / sqrt(K) + relative, and q is (..., H, T, K).

    With `drop` some probabilities become 0, and a query's others then sum to 1 on average only; the
    first axis is that of the images.

    Raises InputError when `options.top_k` is not from 1 to the number of keys, when a window is one
    of another number of tokens, and for a rate of `drop` outside [0, 1).
    """
    q, k, v, offsets = reals(q=q, k=k, v=v, offsets=offsets)
    check_top_k(options.top_k, k.shape[-2])
    times, factor = attention_product(k.shape[-2], offsets), 1 / math.sqrt(q.shape[-1])
    scores = times(q, np.swapaxes(k, -1, -2)) * factor  # (..., T, T)
    if offsets is not None:
        scores = scores + relative_scores(q, offsets)
    probs, _ = softmax_forward(only_attended(scores, options))
    note(q=q, k=k, v=v, scores=scores, probs=probs)
    weights, kept = probs, None
    if drop is not None:
        weights, kept = dropout_forward(probs, drop=drop)
        note(probs_kept=weights)
    mixed = times(weights, v)
    note(mixed=mixed)
    return mixed, AttentionCache(q, k, v, probs, offsets, kept)


def attention_backward(
    dmixed: np.ndarray, cache: AttentionCache, *, note=unseen
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray | None]:
    """Gradients of mixed = softmax(q k^T / sqrt(K)) v.

    dmixed (..., T, K) -> dq, dk, dv (..., T, K), doffsets (H, 2T or 2T - 1, K) or None.

    From the last step to the first: mixed = probs v is a product, so dprobs = dmixed v^T and
    dv = probs^T dmixed; the softmax turns dprobs into dscores; scores = q k^T / sqrt(K) is a
    product again:
        dq = dscores k / sqrt(K),   dk = dscores^T q / sqrt(K)
    With offsets the scores are a sum: dscores is the gradient of relative too, and through it q
    gets a second part. A key that `options` left out has probability 0, and so no gradient. With
    `drop` the values were mixed by probs_kept = factor probs, and dprobs = factor dprobs_kept.
    """
    q, k, v, probs, offsets, kept = cache
    dmixed = upstream(dmixed, q.dtype)
    times, factor = attention_product(k.shape[-2], offsets), 1 / math.sqrt(q.shape[-1])
    dprobs = times(dmixed, np.swapaxes(v, -1, -2))  # (..., T, T)
    weights = probs if kept is None else dropout_backward(probs, kept)  # the same factors each way
    dv = times(np.swapaxes(weights, -1, -2), dmixed)
    if kept is not None:
        note(probs_kept=dprobs)
        dprobs = dropout_backward(dprobs, kept)
    dscores = softmax_backward(dprobs, SoftmaxCache(probs))
    dq = times(dscores, k) * factor
    dk = times(np.swapaxes(dscores, -1, -2), q) * factor
    doffsets = None
    if offsets is not None:
        dq_relative, doffsets = relative_gradients(dscores, q, offsets)
        dq += dq_relative
    note(q=dq, k=dk, v=dv, scores=dscores, probs=dprobs, mixed=dmixed)
    return dq, dk, dv, doffsets


def attention_flops(
    q, k, v, offsets=None, *, options: AttentionOptions = PLAIN, drop: Drop | None = None
) -> int:
    """FLOPs of one item of the first axis: q k^T and probs v; keys that are left out count too."""
    columns = 2 * k.shape[-2] + (0 if offsets is None else offsets.shape[-2])
    return 2 * math.prod(q.shape[1:-1]) * q.shape[-1] * columns


def only_attended(scores: np.ndarray, options: AttentionOptions) -> np.ndarray:
    """The scores of the keys that a query attends to; -inf, which the softmax makes 0, for others.

    scores (..., T, T) -> (..., T, T). `top_k` chooses among the keys in the window.
    """
    if options.window is not None:
        seen = seen_keys(options.window, scores.shape[-1])
        scores = np.where(seen, scores, scores.dtype.type(-math.inf))
    return scores if options.top_k is None else only_largest(scores, options.top_k)


def only_largest(scores: np.ndarray, top_k: int) -> np.ndarray:
    """Each row's `top_k` largest scores; -inf, which the softmax makes 0, in place of the others.

    scores (..., T, T) -> (..., T, T). Scores equal to the smallest kept one are kept too; and equal
    are those that rounding may have parted: patches that look alike have keys that are alike.
    (Explicit sparse transformer: Zhao et al. 2019, equation 8.)
    """
    smallest = np.partition(scores, -top_k, axis=-1)[..., -top_k, None]
    size = np.where(np.isfinite(scores), np.abs(scores), 0).max(axis=-1, keepdims=True)
    least = smallest - scores.dtype.type(TIE) * size
    return np.where(scores < least, scores.dtype.type(-math.inf), scores)


def check_top_k(top_k: int | None, keys: int) -> None:
    """InputError unless `top_k` is None or a whole number from 1 to the number of keys."""
    if top_k is not None and not (is_whole_number(top_k) and 1 <= top_k <= keys):
        there = "there is 1 key" if keys == 1 else f"there are {keys} keys"
        raise InputError(
            f"top_k is {top_k}, and {there} to attend to: choose a whole number from 1 to {keys}, "
            "or None for all"
        )

"""Scaled dot-product attention: every query asks all keys, and takes a mixture of the values.

    scores = q k^T / sqrt(K),   probs = softmax(scores),   y = probs v

(Vaswani et al. 2017, equation 1; in the ViT paper appendix A, equations 6 and 7.)
"""

import math
from typing import NamedTuple

import numpy as np

from minivit.ops.softmax import SoftmaxCache, softmax_backward, softmax_forward


class AttentionCache(NamedTuple):
    q: np.ndarray  # (..., T, K)
    k: np.ndarray  # (..., T, K)
    v: np.ndarray  # (..., T, K)
    probs: np.ndarray  # (..., T, T): row = query, column = key


def attention_forward(
    q: np.ndarray, k: np.ndarray, v: np.ndarray
) -> tuple[np.ndarray, AttentionCache]:
    """Mix the values by how well each key answers each query.

    q, k, v (..., T, K) -> y (..., T, K).

    A dot product of K independent terms of variance 1 has variance K; the factor 1/sqrt(K) brings
    it back to 1, so that the softmax starts out soft.
    """
    scores = attention_scores(q, k)  # (..., T, T)
    probs, _ = softmax_forward(scores)
    return probs @ v, AttentionCache(q, k, v, probs)


def attention_scores(q: np.ndarray, k: np.ndarray) -> np.ndarray:
    """q, k (..., T, K) -> scores (..., T, T) = q k^T / sqrt(K)."""
    return q @ np.swapaxes(k, -1, -2) * (1 / math.sqrt(q.shape[-1]))


def attention_backward(
    dy: np.ndarray, cache: AttentionCache
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of y = softmax(q k^T / sqrt(K)) v.

    dy (..., T, K) -> dq, dk, dv (..., T, K).

    From the end to the start. y = probs v is a product, so dprobs = dy v^T and dv = probs^T dy;
    the softmax turns dprobs into dscores; scores = q k^T / sqrt(K) is a product again:
        dq = dscores k / sqrt(K),   dk = dscores^T q / sqrt(K)
    """
    q, k, v, probs = cache
    dprobs = dy @ np.swapaxes(v, -1, -2)  # (..., T, T)
    dv = np.swapaxes(probs, -1, -2) @ dy
    dscores = softmax_backward(dprobs, SoftmaxCache(probs))
    dscores *= 1 / math.sqrt(q.shape[-1])
    dq = dscores @ k
    dk = np.swapaxes(dscores, -1, -2) @ q
    return dq, dk, dv

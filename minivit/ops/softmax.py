"""Softmax: scores to probabilities, along the last axis.

probs_i = exp(x_i) / sum_j exp(x_j)
"""

from typing import NamedTuple

import numpy as np

from minivit.ops.inputs import reals, upstream
from minivit.ops.notes import unseen


class SoftmaxCache(NamedTuple):
    probs: np.ndarray  # (..., T)


def softmax_forward(x: np.ndarray, *, note=unseen) -> tuple[np.ndarray, SoftmaxCache]:
    """Probabilities from scores: probs = exp(x) / sum(exp(x)).

    x (..., T) -> probs (..., T), rows that sum to 1.
    """
    (x,) = reals(x=x)
    # A shift by the row's maximum changes nothing and keeps exp from overflowing.
    probs = np.exp(x - x.max(axis=-1, keepdims=True))
    probs /= probs.sum(axis=-1, keepdims=True)
    note(probs=probs)
    return probs, SoftmaxCache(probs)


def softmax_backward(dprobs: np.ndarray, cache: SoftmaxCache, *, note=unseen) -> np.ndarray:
    """Gradient of a softmax.

    dprobs (..., T) -> dx (..., T).

    d probs_i / d x_j = probs_i ([i = j] - probs_j): x_j raises its own probability and lowers
    all others. Summed against dprobs:
        dx = probs (dprobs - sum_i dprobs_i probs_i)
    """
    probs = cache.probs
    dprobs = upstream(dprobs, probs.dtype)
    note(probs=dprobs)
    return probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))

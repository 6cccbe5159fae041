"""Attention in its three lines, for the mistakes that are made in one of them."""

import math

import numpy as np

from minivit.ops.attention import only_attended
from minivit.ops.dropout import value_factors
from minivit.ops.relative import relative_gradients, relative_scores
from minivit.ops.softmax import SoftmaxCache, softmax_backward, softmax_forward

SCORES = "scores = q k^T / sqrt(K)"
PROBS = "probs = softmax(scores)"
MIXED = "mixed = probs v"


def transposed(x):
    return np.swapaxes(x, -1, -2)


def usual_factor(at):
    return 1 / math.sqrt(at.q.shape[-1])


def scores_of(at, factor=None, offsets=None):
    """q k^T by 1/sqrt(K), or by another factor, and the scores of the offsets, or of others."""
    scores = at.q @ transposed(at.k) * (usual_factor(at) if factor is None else factor)
    offsets = at.offsets if offsets is None else offsets
    return scores if offsets is None else scores + relative_scores(at.q, offsets)


def weights_of(at, scores):
    """The probabilities that mix the values."""
    probs, _ = softmax_forward(only_attended(scores, at.options))
    return kept(at, probs)


def kept(at, probs):
    return probs if at.drop is None else probs * value_factors(at.drop, probs)


def mixed_by(at, scores):
    return {"y": weights_of(at, scores) @ at.v}


def probs_gradient(at):
    return kept(at, at.dy @ transposed(at.v))


def scores_gradient(at, dprobs=None):
    dprobs = probs_gradient(at) if dprobs is None else dprobs
    return softmax_backward(dprobs, SoftmaxCache(at.cache.probs))


def gradients(at, dscores, factor=None):
    """What comes of a gradient of the scores: dq, dk, and doffsets where there are offsets."""
    factor = usual_factor(at) if factor is None else factor
    found = {"dq": dscores @ at.k * factor, "dk": transposed(dscores) @ at.q * factor}
    if at.offsets is not None:
        dq_relative, found["doffsets"] = relative_gradients(dscores, at.q, at.offsets)
        found["dq"] += dq_relative
    return found

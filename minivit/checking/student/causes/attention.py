"""Mistakes in attention: those of the forward, and those that are made in its parts."""

import math
from types import SimpleNamespace

import numpy as np

from minivit.checking.student.causes.attention_gradients import GRADIENTS
from minivit.checking.student.causes.attention_options import OPTIONS
from minivit.checking.student.causes.attention_parts import (
    MIXED,
    PROBS,
    SCORES,
    gradients,
    kept,
    mixed_by,
    probs_gradient,
    scores_gradient,
    scores_of,
    transposed,
    usual_factor,
    weights_of,
)
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.dropping import DROPOUT
from minivit.checking.student.causes.softmax import SOFTMAX
from minivit.ops.attention import PLAIN, only_attended
from minivit.ops.softmax import SoftmaxCache

SPREAD = "What is the spread of the scores, if those of q and k are 1, and what should it be?"


def plain(at, mistaken):
    """Where offsets are absent: their scores have the same factor and the same queries."""
    return None if at.offsets is not None else mistaken()


def scaled(at, factor):
    return plain(at, lambda: mixed_by(at, scores_of(at, factor)))


def reshaped_keys(at):
    keys = at.k.reshape(transposed(at.k).shape)
    return mixed_by(at, at.q @ keys * usual_factor(at))


def causal(at):
    """Where options leave out no other keys."""
    if at.options != PLAIN:
        return None
    scores = scores_of(at)
    return mixed_by(at, np.where(np.tri(scores.shape[-1], dtype=bool), scores, -np.inf))


def softmax_forgotten(at):
    return {"y": kept(at, scores_of(at)) @ at.v} if at.options == PLAIN else None


FORWARD = [
    Cause("attention-scale-forgotten", "the scores are not divided by sqrt(K)", SPREAD, SCORES,
          lambda at: scaled(at, 1)),
    Cause("attention-scale-without-the-root", "the scores are divided by K, not by its root",
          SPREAD, SCORES, lambda at: scaled(at, 1 / at.q.shape[-1])),
    Cause("attention-scale-turned-over", "the scores are multiplied by sqrt(K), not divided",
          SPREAD, SCORES, lambda at: scaled(at, 1 / usual_factor(at))),
    Cause("attention-scale-of-the-tokens",
          "the scores are divided by the root of the number of tokens",
          "Over how many terms does a dot product of a query and a key sum?", SCORES,
          lambda at: scaled(at, 1 / math.sqrt(at.q.shape[-2]))),
    Cause("attention-scale-after-the-softmax",
          "the probabilities are divided by sqrt(K), not the scores",
          "What do the weights of one query sum to?", SCORES,
          lambda at: plain(
              at,
              lambda: {"y": weights_of(at, scores_of(at, 1)) * usual_factor(at) @ at.v},
          )),
    Cause("attention-queries-and-keys-exchanged",
          "the scores are k q^T: a row belongs to a key, not to a query",
          "Which index has a row of the scores? What should one row of probabilities be about?",
          SCORES, lambda at: plain(at, lambda: mixed_by(at, transposed(scores_of(at))))),
    Cause("attention-keys-reshaped", "k is reshaped to (K, T), not transposed",
          "Does a reshape move numbers? Try it on [[1, 2, 3], [4, 5, 6]].", SCORES,
          lambda at: plain(at, lambda: reshaped_keys(at))),
    Cause("attention-causal-mask",
          "no query sees the keys that come after it: a mask of language models",
          "Change the last token: for which tokens should the result change?", PROBS, causal),
    Cause("attention-softmax-forgotten", "the scores themselves mix the values",
          "What do the weights of one query sum to?", PROBS, softmax_forgotten),
    Cause("attention-probabilities-transposed",
          "the values are mixed by the transpose of the probabilities",
          "Which index has a row of the probabilities, and which a row of the result?", MIXED,
          lambda at: {"y": transposed(weights_of(at, scores_of(at))) @ at.v}),
    Cause("attention-keys-for-values", "the probabilities mix the keys, not the values",
          "Change v: does the result change?", MIXED,
          lambda at: {"y": weights_of(at, scores_of(at)) @ at.k}),
]  # fmt: skip


def in_the_softmax(cause):
    """A cause of the softmax, made in attention."""

    def mistake(at):
        scores = only_attended(scores_of(at), at.options)
        probs, dprobs = at.cache.probs, probs_gradient(at)
        inner = SimpleNamespace(
            x=scores, dy=dprobs, output=probs, right={"dx": scores_gradient(at)},
            cache=SoftmaxCache(probs), letters=at.letters,
        )  # fmt: skip
        wrong = cause.mistake(inner) or {}
        if "y" in wrong:
            return {"y": kept(at, wrong["y"]) @ at.v}
        if "dx" not in wrong or wrong["dx"].shape != probs.shape:
            return None
        return gradients(at, wrong["dx"])

    return cause._replace(mistake=mistake)


def in_the_dropout(cause):
    """A cause of dropout, made in attention."""

    def mistake(at):
        if at.drop is None:
            return None
        dkept = at.dy @ transposed(at.v)
        inner = SimpleNamespace(x=at.cache.probs, dy=dkept, drop=at.drop, letters=at.letters)
        wrong = cause.mistake(inner) or {}
        if "y" in wrong:
            return {"y": wrong["y"] @ at.v}
        return gradients(at, scores_gradient(at, wrong["dx"]))

    return cause._replace(mistake=mistake)


ATTENTION = [
    *FORWARD,
    *GRADIENTS,
    *OPTIONS,
    *(in_the_softmax(cause) for cause in SOFTMAX),
    *(in_the_dropout(cause) for cause in DROPOUT),
]
CAUSES = {"attention": ATTENTION}

"""Mistakes in what attention does beside its plain formula: masks, dropout, relative positions."""

import numpy as np

from minivit.checking.student.causes.attention_parts import (
    MIXED,
    PROBS,
    mixed_by,
    scores_gradient,
    scores_of,
    transposed,
    usual_factor,
    weights_of,
)
from minivit.checking.student.causes.cause import Cause
from minivit.ops.attention import PLAIN, only_attended
from minivit.ops.dropout import value_factors
from minivit.ops.relative import offset_rows, relative_scores
from minivit.ops.softmax import softmax_forward

RELATIVE = "relative_ij = q_i . offsets[p_i - p_j] / sqrt(K)"
LEFT_OUT = "Which probability has a key that is left out, and what do a query's others sum to?"


def masked(at, mixed_from):
    """y where some keys are left out in another way: the scores, and which of them count."""
    if at.options == PLAIN or at.drop is not None or at.offsets is not None:
        return None
    scores = scores_of(at)
    counts = np.isfinite(only_attended(scores, at.options))
    return None if counts.all() else {"y": mixed_from(scores, counts) @ at.v}


def probabilities(scores):
    return softmax_forward(scores)[0]


def one_key_less(at):
    if at.options.top_k in (None, 1) or at.options.window is not None or at.drop is not None:
        return None
    options = at.options._replace(top_k=at.options.top_k - 1)
    return {"y": probabilities(only_attended(scores_of(at), options)) @ at.v}


def dropped(at, mixed_from):
    """y where something else is dropped: the scores, and the probabilities."""
    if at.drop is None or at.options != PLAIN:
        return None
    return {"y": mixed_from(scores_of(at), at.cache.probs)}


def drop(at, x):
    return x * value_factors(at.drop, x)


def renormalised(at):
    """By the sum of those that are kept; none may be kept."""
    if at.drop is None:
        return None
    weights = weights_of(at, scores_of(at))
    sums = weights.sum(axis=-1, keepdims=True)
    return None if (sums == 0).any() else {"y": weights / sums @ at.v}


def with_relative(at, relative):
    if at.offsets is None:
        return None
    return mixed_by(at, at.q @ transposed(at.k) * usual_factor(at) + relative())


def not_scaled(at):
    return relative_scores(at.q, at.offsets) / usual_factor(at)


def turned_round(at):
    """The offsets of the patches in the other order; those of the cls token stay."""
    rows = at.offsets.shape[-2]
    patches = rows - 3 if rows % 2 == 0 else rows
    offsets = np.concatenate([at.offsets[:, patches - 1 :: -1], at.offsets[:, patches:]], axis=1)
    return relative_scores(at.q, offsets)


def by_offset(at):
    """The gradient of every = q offsets^T, where what was picked twice counts once."""
    tokens, dscores = at.q.shape[-2], scores_gradient(at)
    devery = np.zeros((*at.q.shape[:-1], at.offsets.shape[-2]))
    devery[..., np.arange(tokens)[:, None], offset_rows(tokens, at.offsets.shape[-2])] = dscores
    return devery


def picked_once(at):
    if at.offsets is None:
        return None
    devery = by_offset(at)
    of_images = transposed(devery) @ at.q * usual_factor(at)
    dq = (devery @ at.offsets + scores_gradient(at) @ at.k) * usual_factor(at)
    return {"dq": dq, "doffsets": of_images.sum(axis=tuple(range(at.q.ndim - 3)))}


def without_relative(at):
    if at.offsets is None:
        return None
    return {"dq": scores_gradient(at) @ at.k * usual_factor(at)}


OPTIONS = [
    Cause("attention-masked-scores-are-zero",
          "a key that is left out has score 0, which is no small one", LEFT_OUT, PROBS,
          lambda at: masked(at, lambda scores, counts: probabilities(scores * counts))),
    Cause("attention-masked-after-the-softmax",
          "keys are left out after the softmax: a query's other probabilities sum to less than 1",
          LEFT_OUT, PROBS,
          lambda at: masked(at, lambda scores, counts: probabilities(scores) * counts)),
    Cause("attention-mask-turned-over",
          "the keys that should be left out are attended to, and the others are left out",
          "Print the mask: does True stand for a key that counts, or for one that does not?", PROBS,
          lambda at: masked(
              at, lambda scores, counts: probabilities(np.where(counts, -np.inf, scores))
          )),
    Cause("attention-one-key-less", "a query attends to top_k - 1 keys",
          "Count the probabilities of a row that are not 0.", PROBS, one_key_less),
    Cause("attention-scores-dropped", "dropout sets scores to 0, not probabilities",
          "A score of 0 is no small one. What becomes 0 in dropout, and after which line?", MIXED,
          lambda at: dropped(at, lambda scores, probs: probabilities(drop(at, scores)) @ at.v)),
    Cause("attention-result-dropped", "dropout acts on the mixed values, not on the probabilities",
          "What becomes 0 in dropout, and after which line?", MIXED,
          lambda at: dropped(at, lambda scores, probs: drop(at, probs @ at.v))),
    Cause("attention-renormalised-after-dropout",
          "the probabilities that dropout kept are divided by their sum again",
          "Dropout has a factor already, by which a query's probabilities sum to 1 on average.",
          MIXED, renormalised),
    Cause("attention-probabilities-before-dropout",
          "dv is made with the probabilities from before dropout, which did not mix the values",
          "mixed = probs v: which probabilities stood there in the forward?",
          "dv = probs_kept^T dmixed", lambda at: {"dv": transposed(at.cache.probs) @ at.dy}),
    Cause("attention-relative-scores-not-scaled",
          "the relative scores are added without their 1/sqrt(K)",
          "q . offsets is a product as q . k is: which spread has it?", RELATIVE,
          lambda at: with_relative(at, lambda: not_scaled(at))),
    Cause("attention-relative-scores-turned-round",
          "the offset is counted from the query to the key, not from the key to the query",
          "Which row of the table belongs to a key one to the left of the query?", RELATIVE,
          lambda at: with_relative(at, lambda: turned_round(at))),
    Cause("attention-relative-part-of-dq-forgotten",
          "dq lacks what comes through the relative scores",
          "In how many terms of the scores does q stand?", RELATIVE, without_relative),
    Cause("attention-relative-repeats-lost",
          "an offset that a query has to several keys gets the gradient of one of them",
          "What does a[[0, 0]] += 1 do to a[0]? Which offsets has the cls token?", RELATIVE,
          picked_once),
]  # fmt: skip

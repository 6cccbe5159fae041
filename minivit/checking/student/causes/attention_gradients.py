"""Mistakes in attention's backward."""

from minivit.checking.student.causes.attention_parts import (
    gradients,
    probs_gradient,
    scores_gradient,
    scores_of,
    transposed,
    usual_factor,
)
from minivit.checking.student.causes.cause import Cause

DQ = "dq = dscores k / sqrt(K),   dk = dscores^T q / sqrt(K)"
DV = "dv = probs^T dmixed"
DPROBS = "dprobs = dmixed v^T"
FACTOR = "scores = q k^T / sqrt(K) is a product with a number: where is it on the way back?"
INDICES = "Write the product with indices: which one is summed over, the query's or the key's?"


def without_offsets(at, mistaken):
    """Where offsets are absent: q has a second gradient with them."""
    return None if at.offsets is not None else mistaken()


def queries_and_keys(at):
    dscores = scores_gradient(at) * usual_factor(at)
    return {"dq": dscores @ at.q, "dk": transposed(dscores) @ at.k}


def not_transposed(at):
    dscores = scores_gradient(at) * usual_factor(at)
    return {"dk": dscores @ at.q, "dq": transposed(dscores) @ at.k}


GRADIENTS = [
    Cause("attention-scale-forgotten-in-the-backward",
          "dq or dk is not divided by sqrt(K), as the forward's scores are", FACTOR, DQ,
          lambda at: without_offsets(at, lambda: gradients(at, scores_gradient(at), 1))),
    Cause("attention-scale-twice-in-the-backward", "dq or dk is divided by sqrt(K) twice", FACTOR,
          DQ,
          lambda at: without_offsets(
              at, lambda: gradients(at, scores_gradient(at), usual_factor(at) ** 2)
          )),
    Cause("attention-scale-turned-over-in-the-backward",
          "dq or dk is multiplied by sqrt(K), not divided", FACTOR, DQ,
          lambda at: without_offsets(
              at, lambda: gradients(at, scores_gradient(at), 1 / usual_factor(at))
          )),
    Cause("attention-queries-and-keys-exchanged-in-the-backward",
          "dq is made with q, or dk with k, where each needs the other one",
          "scores = q k^T: what is q multiplied by?", DQ,
          lambda at: without_offsets(at, lambda: queries_and_keys(at))),
    Cause("attention-scores-gradient-not-transposed",
          "dscores is transposed for dq, or not transposed for dk", INDICES, DQ,
          lambda at: without_offsets(at, lambda: not_transposed(at))),
    Cause("attention-softmax-skipped-in-the-backward",
          "dprobs goes on to q and k as if it were dscores: the softmax has no derivative",
          "Go through the forward's lines from the last to the first. Has each one its derivative?",
          "dscores = probs (dprobs - sum dprobs probs)",
          lambda at: gradients(at, probs_gradient(at))),
    Cause("attention-keys-for-values-in-the-backward", "dprobs is made with k where v belongs",
          "mixed = probs v: what is a probability multiplied by?", DPROBS,
          lambda at: (
              None
              if at.drop is not None
              else gradients(at, scores_gradient(at, at.dy @ transposed(at.k)))
          )),
    Cause("attention-probabilities-not-transposed-for-values",
          "dv is made with the probabilities, not with their transpose", INDICES, DV,
          lambda at: None if at.drop is not None else {"dv": at.cache.probs @ at.dy}),
    Cause("attention-scores-for-probabilities-in-dv",
          "dv is made with the scores where the probabilities belong",
          "mixed = probs v: what is a value multiplied by?", DV,
          lambda at: {"dv": transposed(scores_of(at)) @ at.dy}),
]  # fmt: skip

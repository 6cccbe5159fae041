"""More mistakes in pooling: one way in the place of another, weights that are none."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.pool import CAUSES as FIRST
from minivit.checking.student.causes.pool import SEQUENCE, pooled_by, softmax
from minivit.checking.student.causes.token_pools import CLS, FLATTEN, MEAN, over_tokens, when

SAY = "Which of the tokens should have a say in y, and how large is it?"
SUM = "What do the weights of one image sum to?"


def patches(at):
    return at.x[:, int(at.has_cls) :]


def mean(at):
    return {"y": patches(at).mean(axis=1)}


def one_less(at):
    n = over_tokens(at).sum()
    return {"y": patches(at).sum(axis=1) / (n - 1)} if n > 1 else None


def result_biased(at):
    return None if at.b is None else {"y": at.output + at.b}


MORE = [
    Cause("pool-cls-for-mean", "the first token is taken, not the mean", SAY, MEAN,
          when("mean", lambda at: {"y": at.x[:, 0]})),
    Cause("pool-median-for-mean", "it is the median of each column, not the mean", SAY, MEAN,
          when("mean", lambda at: {"y": np.median(patches(at), axis=1)})),
    Cause("pool-last-token-not-in-the-mean", "the last token is left out of the mean", SAY, MEAN,
          when("mean", lambda at: {"y": patches(at)[:, :-1].mean(axis=1)}
               if patches(at).shape[1] > 1 else None)),
    Cause("pool-mean-divided-by-one-less", "the sum is divided by n - 1", SAY, MEAN,
          when("mean", one_less)),
    Cause("pool-mean-divided-by-the-root", "the sum is divided by sqrt(n)", SAY, MEAN,
          when("mean", lambda at: {"y": mean(at)["y"] * np.sqrt(over_tokens(at).sum())})),
    Cause("pool-mean-for-cls", "it is the mean of the tokens, not the first of them", SAY, CLS,
          when("cls", mean)),
    Cause("pool-second-token-for-cls", "the second token is taken, not the first", SAY, CLS,
          when("cls", lambda at: {"y": at.x[:, 1]} if at.x.shape[1] > 1 else None)),
    Cause("pool-tokens-reversed", "the tokens are flattened from the last to the first",
          "Which token do the first D numbers of y come from?", FLATTEN,
          when("flatten", lambda at: {"y": at.x[:, ::-1].reshape(at.output.shape)})),
    Cause("pool-mean-for-the-sequence", "all tokens have the same weight: scores are not used",
          "Change w: does y change?", SEQUENCE, when("sequence", mean)),
    Cause("pool-sigmoids-for-the-softmax", "each score goes through a sigmoid, for itself", SUM,
          SEQUENCE, pooled_by(lambda scores, at: 1 / (1 + np.exp(-scores)))),
    Cause("pool-softmax-not-divided", "exp(score - max) is not divided by its sum", SUM, SEQUENCE,
          pooled_by(lambda s, at: np.exp(s - s.max(axis=1, keepdims=True)))),
    Cause("pool-softmax-over-everything", "the probs of all images together sum to 1", SUM,
          SEQUENCE, pooled_by(lambda s, at: softmax(s.reshape(1, -1)).reshape(s.shape))),
    Cause("pool-scores-divided", "scores are divided by their sum, without exp", SUM, SEQUENCE,
          pooled_by(lambda s, at: s / s.sum(axis=1, keepdims=True))),
    Cause("pool-sign-of-the-scores", "the token with the smallest score has the largest weight",
          SAY, SEQUENCE, pooled_by(lambda s, at: softmax(-s))),
    Cause("pool-best-token-alone", "the token with the largest score is taken alone", SAY, SEQUENCE,
          pooled_by(lambda s, at: (s == s.max(axis=1, keepdims=True)) * 1.0)),
    Cause("pool-bias-added-to-the-result", "the bias of the scores is added to y",
          "What is b added to in the formula?", SEQUENCE, when("sequence", result_biased)),
]  # fmt: skip
CAUSES = {"pool": [*FIRST["pool"], *MORE]}

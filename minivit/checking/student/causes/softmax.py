"""Mistakes in the softmax."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "probs_i = exp(x_i) / sum_j exp(x_j)"
DX = "dx = probs (dprobs - sum_i dprobs_i probs_i)"
ONES = "Sum the probabilities over each axis in turn: which sums should be 1?"
JACOBIAN = "x_j stands in the numerator of one probability, and in the denominator of how many?"


def softmax(x, axis):
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def over(at, axis):
    """y along another axis; told apart where x is (B, H, T, T)."""
    return {"y": softmax(at.x, axis)} if at.x.ndim == 4 else None


def less(at, taken_off):
    return {"dx": at.output * (at.dy - taken_off)}


def row_sum(x, axis=-1):
    return x.sum(axis=axis, keepdims=True)


SOFTMAX = [
    Cause("softmax-over-queries",
          "the softmax runs along the axis before the last: the columns sum to 1, not the rows",
          ONES, Y, lambda at: {"y": softmax(at.x, -2)}),
    Cause("softmax-over-heads", "the softmax runs along axis 1, that of the heads", ONES, Y,
          lambda at: over(at, 1)),
    Cause("softmax-over-images", "the softmax runs along axis 0, that of the images", ONES, Y,
          lambda at: over(at, 0)),
    Cause("softmax-over-everything",
          "all probabilities together sum to 1: the sum is given no axis", ONES, Y,
          lambda at: {"y": softmax(at.x, None)}),
    Cause("softmax-over-each-matrix",
          "the probabilities of a whole matrix of scores sum to 1, not those of each row", ONES, Y,
          lambda at: {"y": softmax(at.x, (-2, -1))}),
    Cause("softmax-not-divided", "exp(x - max) is not divided by its sum", ONES, Y,
          lambda at: {"y": np.exp(at.x - at.x.max(axis=-1, keepdims=True))}),
    Cause("softmax-logarithm", "it returns the logarithm of the probabilities",
          "Can a probability be below 0?", Y,
          lambda at: {"y": (x := at.x - at.x.max(-1, keepdims=True)) - np.log(row_sum(np.exp(x)))}),
    Cause("softmax-sigmoid", "each score goes through a sigmoid, for itself", ONES, Y,
          lambda at: {"y": 1 / (1 + np.exp(-at.x))}),
    Cause("softmax-diagonal-alone",
          "only d probs_i / d x_i is used: x_i also lowers all other probabilities of its row",
          JACOBIAN, DX, lambda at: {"dx": at.dy * at.output * (1 - at.output)}),
    Cause("softmax-row-sum-forgotten", "dx is probs dprobs: the sum over the row is missing",
          JACOBIAN, DX, lambda at: less(at, 0)),
    Cause("softmax-sum-without-probabilities",
          "the row's sum of dprobs is taken off without being weighed with the probabilities",
          "Give all of dprobs' row the same number: probs sum to 1 whatever x is, so dx is ...?",
          DX, lambda at: less(at, row_sum(at.dy))),
    Cause("softmax-mean-for-sum", "the mean over the row is taken off, not the sum",
          "Give all of dprobs' row the same number: probs sum to 1 whatever x is, so dx is ...?",
          DX, lambda at: less(at, (at.dy * at.output).mean(axis=-1, keepdims=True))),
    Cause("softmax-sum-added", "the row's sum is added, not taken off",
          "A larger x_j makes the other probabilities smaller: with which sign does it reach them?",
          DX, lambda at: less(at, -row_sum(at.dy * at.output))),
    Cause("softmax-outer-probabilities-forgotten",
          "dprobs less its weighed sum is not multiplied by the probabilities",
          "A probability that is 0 stays so if its score moves a little. What is its dx?", DX,
          lambda at: {"dx": at.dy - row_sum(at.dy * at.output)}),
    Cause("softmax-gradient-over-queries", "the sum in dx runs along the axis before the last",
          "Along which axis do the probabilities sum to 1? The backward's sum runs along the same.",
          DX, lambda at: less(at, row_sum(at.dy * at.output, -2))),
    Cause("softmax-gradient-over-everything", "the sum in dx runs over all rows",
          "Along which axis do the probabilities sum to 1? The backward's sum runs along the same.",
          DX, lambda at: less(at, (at.dy * at.output).sum())),
    Cause("softmax-gradient-over-each-image",
          "the sum in dx runs over all that follows the first axis",
          "How many numbers are in one row that sums to 1, if x has four axes?", DX,
          lambda at: less(at, row_sum(at.dy * at.output, tuple(range(1, at.dy.ndim))))),
    Cause("softmax-scores-for-probabilities",
          "the backward uses the scores where it needs the probabilities",
          "What did the forward return, and what did it get? Which of both is in your cache?", DX,
          lambda at: {"dx": at.x * (at.dy - row_sum(at.dy * at.x))}),
    Cause("softmax-cross-entropy-shortcut",
          "dx is probs - dprobs, which holds for a cross-entropy's targets, not for any dprobs",
          "Multiply dprobs by 10: what should happen to dx?", DX,
          lambda at: {"dx": at.output - at.dy}),
]  # fmt: skip

"""More mistakes in the softmax: what is done to the scores, and what the backward multiplies."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.softmax import (
    DX,
    JACOBIAN,
    ONES,
    SOFTMAX,
    Y,
    less,
    row_sum,
    softmax,
)

SHIFT = "softmax(x) = softmax(x - c), for any c of a row"
SHIFTED = "After the shift: what is the largest score of each row, in every row, and why should it?"
SAME = "Add 100 to all scores of a row: what should happen to y? And if you double them?"
EPS = [10.0**-n for n in range(2, 9)]
LIMITS = [1, 2, 3, 5, 10, 20, 30, 50, 60, 80, 88, 100, 200, 500, 600, 700, 709]


def shifted_by(at, of_scores):
    """y where something else than each row's maximum is taken off, in the dtype of the call."""
    single = at.x.astype(np.float32)
    x = single if np.array_equal(single, at.x) else at.x
    e = np.exp(x - of_scores(x))
    return {"y": e / row_sum(e)}


def exponentials(at):
    return np.exp(at.x - at.x.max(axis=-1, keepdims=True))


def of_scores(change):
    return lambda at: {"y": softmax(change(at.x), -1)}


def divided(by):
    return lambda at: {"y": (e := exponentials(at)) / by(e)}


def over_length(at, power):
    return {"y": softmax(at.x / at.x.shape[-1] ** power, -1)} if at.x.shape[-1] > 1 else None


def backward_with(change):
    """dx with something else in the place of the probabilities."""

    def mistake(at):
        probs = change(at)
        return {"dx": probs * (at.dy - row_sum(at.dy * probs))}

    return mistake


def twice(at):
    first = less(at, row_sum(at.dy * at.output))["dx"]
    return {"dx": at.output * (first - row_sum(first * at.output))}


FORWARD = [
    Cause("softmax-largest-of-all", "the largest of all scores is taken off, not each row's own: a "
          "row far below it has exp(...) = 0 everywhere, and 0/0 for its probabilities",
          SHIFTED, SHIFT, lambda at: shifted_by(at, lambda x: x.max())),
    Cause("softmax-largest-of-a-matrix", "the largest score of a matrix is taken off, not each "
          "row's own: a row far below it has 0/0 for its probabilities", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: x.max(axis=(-2, -1), keepdims=True))),
    Cause("softmax-largest-of-a-column", "the maximum that is taken off runs along the axis before "
          "the last: it is no row's own", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: x.max(axis=-2, keepdims=True))),
    Cause("softmax-largest-of-the-images", "the maximum that is taken off runs along axis 0: it is "
          "no row's own", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: x.max(axis=0, keepdims=True))),
    Cause("softmax-mean-taken-off", "the mean of a row is taken off, where it should be the "
          "maximum: scores far above it overflow", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: x.mean(axis=-1, keepdims=True))),
    Cause("softmax-minimum-taken-off", "the smallest score of a row is taken off, where it should "
          "be the largest: those far above it overflow", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: x.min(axis=-1, keepdims=True))),
    Cause("softmax-largest-in-size", "the largest |x| is taken off: where it is that of a number "
          "below 0, the whole row becomes 0", SHIFTED, SHIFT,
          lambda at: shifted_by(at, lambda x: np.abs(x).max(axis=-1, keepdims=True))),
    *(Cause("softmax-eps-in-the-sum", f"about {eps:.0e} is added to the sum that exp is divided by",
            ONES + " How small can the sum become after the shift?", Y,
            divided(lambda e, eps=eps: row_sum(e) + eps)) for eps in EPS),
    *(Cause("softmax-scores-clipped", f"the scores are clipped at {limit}: beyond it all are alike",
            SAME, SHIFT, of_scores(lambda x, low=low, limit=limit: np.clip(x, low, limit)))
      for limit in LIMITS for low in (-limit, None)),
    Cause("softmax-power-of-two", "it takes powers of 2, not of e",
          "What is exp(1)? Scores 0 and 1 should give probabilities of that ratio.", Y,
          of_scores(lambda x: x * np.log(2))),
    Cause("softmax-power-of-ten", "it takes powers of 10, not of e",
          "What is exp(1)? Scores 0 and 1 should give probabilities of that ratio.", Y,
          of_scores(lambda x: x * np.log(10))),
    Cause("softmax-divided-by-the-root-of-the-length",
          "the scores are divided by the root of their number: that is attention's, and of K", SAME,
          Y, lambda at: over_length(at, 0.5)),
    Cause("softmax-divided-by-the-length", "the scores are divided by their number", SAME, Y,
          lambda at: over_length(at, 1)),
    Cause("softmax-scores-doubled", "the scores are doubled, or their exponentials squared", SAME,
          Y, of_scores(lambda x: 2 * x)),
    Cause("softmax-scores-halved", "the scores are halved, or the roots of the exponentials taken",
          SAME, Y, of_scores(lambda x: x / 2)),
    Cause("softmax-sign-of-the-scores", "the smallest score has the largest probability",
          "Which score of a row should have the largest probability?", Y, of_scores(np.negative)),
    Cause("softmax-size-of-the-scores", "it is the softmax of |x|",
          "What is the probability of a score that is far below 0?", Y, of_scores(np.abs)),
    Cause("softmax-scores-squared", "it is the softmax of x^2",
          "What is the probability of a score that is far below 0?", Y, of_scores(np.square)),
    Cause("softmax-exponential-forgotten", "the scores are divided by their sum, without exp",
          "Can a probability be below 0?", Y, lambda at: {"y": at.x / row_sum(at.x)}),
    Cause("softmax-exponential-of-the-shift-forgotten",
          "the shifted scores are divided by their sum, without exp",
          "Which score of a row should have the largest probability?", Y,
          lambda at: {"y": (x := at.x - at.x.max(-1, keepdims=True)) / row_sum(x)}),
    Cause("softmax-sigmoids-divided", "sigmoids are divided by their sum: exp belongs there", SAME,
          Y, lambda at: {"y": (s := 1 / (1 + np.exp(-at.x))) / row_sum(s)}),
    Cause("softmax-divided-by-the-norm", "exp is divided by its length, the root of a sum of "
          "squares", ONES, Y, divided(lambda e: np.sqrt(row_sum(e * e)))),
    Cause("softmax-divided-by-the-mean", "exp is divided by its mean, not by its sum", ONES, Y,
          divided(lambda e: e.mean(axis=-1, keepdims=True))),
    Cause("softmax-one-added", "1 is added to the sum that exp is divided by", ONES, Y,
          divided(lambda e: row_sum(e) + 1)),
    Cause("softmax-itself-left-out", "a score's own exp is missing in the sum that it is divided "
          "by", ONES, Y, divided(lambda e: row_sum(e) - e)),
    Cause("softmax-maximum-lost", "the maximum is taken off above the fraction's line or below it, "
          "not in both", ONES, SHIFT,
          lambda at: {"y": at.output * np.exp(-at.x.max(axis=-1, keepdims=True))}),
    Cause("softmax-maximum-lost", "the maximum is taken off above the fraction's line or below it, "
          "not in both", ONES, SHIFT,
          lambda at: {"y": at.output * np.exp(at.x.max(axis=-1, keepdims=True))}),
    Cause("softmax-twice", "the softmax is taken twice: of the scores, and of the probabilities",
          "Let one score of a row be 1000: what should its probability be?", Y,
          lambda at: {"y": softmax(at.output, -1)}),
    Cause("softmax-largest-alone", "the largest score gets 1, and the others get 0",
          "By how much should y change when a score changes a little?", Y,
          lambda at: {"y": (at.x == at.x.max(axis=-1, keepdims=True)) * 1.0}),
]  # fmt: skip
BACKWARD = [
    Cause("softmax-gradient-over-images", "the sum in dx runs along axis 0, that of the images",
          "Along which axis do the probabilities sum to 1? The backward's sum runs along the same.",
          DX, lambda at: less(at, row_sum(at.dy * at.output, 0))),
    Cause("softmax-gradient-over-heads", "the sum in dx runs along axis 1, that of the heads",
          "Along which axis do the probabilities sum to 1? The backward's sum runs along the same.",
          DX, lambda at: less(at, row_sum(at.dy * at.output, 1)) if at.x.ndim == 4 else None),
    Cause("softmax-gradient-over-each-matrix", "the sum in dx runs over a whole matrix of scores",
          "Along which axis do the probabilities sum to 1? The backward's sum runs along the same.",
          DX, lambda at: less(at, row_sum(at.dy * at.output, (-2, -1)))),
    Cause("softmax-sum-not-multiplied", "the row's sum is taken off without its factor probs_i: "
          "rows of p are taken off diag(p), not the outer product of p with itself",
          JACOBIAN, DX,
          lambda at: {"dx": at.dy * at.output - row_sum(at.dy * at.output)}),
    Cause("softmax-probabilities-squared", "dx is multiplied by the probabilities twice", JACOBIAN,
          DX, lambda at: {"dx": at.output * at.right["dx"]}),
    Cause("softmax-squares-in-the-sum", "the sum of the row weighs dprobs with probs^2", JACOBIAN,
          DX, lambda at: less(at, row_sum(at.dy * at.output**2))),
    Cause("softmax-first-term-without-probabilities",
          "dprobs is not multiplied by the probabilities, only the sum of the row is", JACOBIAN, DX,
          lambda at: {"dx": at.dy - at.output * row_sum(at.dy * at.output)}),
    Cause("softmax-gradient-of-the-logarithm",
          "dx is that of a log-softmax: dprobs less probs times its sum",
          "Did the forward return probabilities, or their logarithms?", DX,
          lambda at: {"dx": at.dy - at.output * row_sum(at.dy)}),
    Cause("softmax-other-scores-alone", "dx is -probs times the row's sum: what a score does to "
          "its own probability is missing", JACOBIAN, DX,
          lambda at: {"dx": -at.output * row_sum(at.dy * at.output)}),
    Cause("softmax-probabilities-taken-off", "probs is taken off dprobs, where a sum of the row "
          "should be", JACOBIAN, DX, lambda at: less(at, at.output)),
    Cause("softmax-largest-gradient-taken-off", "the largest dprobs of the row is taken off, not "
          "the sum", JACOBIAN, DX, lambda at: less(at, at.dy.max(axis=-1, keepdims=True))),
    Cause("softmax-mean-gradient-taken-off", "the mean of dprobs is taken off, not the sum that is "
          "weighed with the probabilities", JACOBIAN, DX,
          lambda at: less(at, at.dy.mean(axis=-1, keepdims=True))),
    Cause("softmax-exponentials-for-probabilities",
          "the backward uses exp(x - max), before it is divided by its sum",
          "Which array of the forward sums to 1? Which of them is in your cache?", DX,
          backward_with(exponentials)),
    Cause("softmax-again-in-the-backward", "the backward takes the softmax of the probabilities",
          "What is in your cache, scores or probabilities?", DX,
          backward_with(lambda at: softmax(at.output, -1))),
    Cause("softmax-backward-twice", "the gradient goes back through the softmax twice",
          "How many softmaxes has the forward?", DX, twice),
]  # fmt: skip
CAUSES = {"softmax": SOFTMAX + FORWARD + BACKWARD}

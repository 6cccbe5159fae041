"""More mistakes in the cross-entropy: logarithms kept finite, other losses, other means."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.cross_entropy import CAUSES as FIRST
from minivit.checking.student.causes.cross_entropy import DLOGITS, LOSS, from_probs
from minivit.checking.student.causes.cross_entropy_targets import (
    TARGETS,
    log_probs,
    loss,
    smoothed,
    with_targets,
)

LOG = "log softmax = shifted - log sum exp(shifted)"
SMALL = "What should the loss be where the label's logit lies 1000 below another one?"
EXACT = "Write down the loss of one image with two classes, and compare it term by term."
SUM = "What do the targets of an image sum to?"
WHICH = "Which column of the logits belongs to label 0?"
TWICE = "Double the batch by repeating it: what should happen to the loss? And to dlogits?"
EPS = [10.0**-n for n in (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 15, 16, 20, 30, 38, 45, 100, 300)]


def of_logs(change):
    """y with another logarithm of the probabilities."""
    return lambda at: {"y": loss(at.cache.targets, -change(at.cache.probs))}


def of_labels(change):
    """y and dlogits of other labels (B,), where there are labels."""

    def mistake(at):
        C = at.logits.shape[1]
        if at.labels.ndim == 2 or C == 1:
            return None
        return with_targets(at, np.eye(C)[change(at.labels, C)] * (1 - at.smoothing)
                            + at.smoothing / C)  # fmt: skip

    return mistake


def by_images(factor):
    """y and dlogits that are scaled by what `factor` makes of B."""
    return lambda at: {
        "y": at.output * factor(len(at.logits)),
        "dlogits": at.right["dlogits"] * factor(len(at.logits)),
    }


def of_formula(formula):
    """y by another formula of log probs and targets (B, C), averaged over the images."""
    return lambda at: {"y": formula(log_probs(at.logits), at.cache.targets).sum(axis=-1).mean()}


def maximum_lost(at):
    top = at.logits.max(axis=-1, keepdims=True)
    return {"y": loss(at.cache.targets, top - log_probs(at.logits))}


def one_image(at, which):
    surprise = -log_probs(at.logits)
    return {"y": loss(at.cache.targets[which], surprise[which])}


def through_softmax(at):
    """Soft targets that are taken for logits."""
    return with_targets(at, np.exp(log_probs(at.labels))) if at.labels.ndim == 2 else None


def softmax_backward_too(at):
    p, t = at.cache
    d = p - t
    return {"dlogits": p * (d - (d * p).sum(axis=-1, keepdims=True)) * at.dy / len(p)}


KEPT_FINITE = [
    *(Cause("cross-entropy-eps-in-the-logarithm",
            f"about {eps:.0e} is added to the probability, or it is clipped there, before the "
            "logarithm is taken: a label with less gets a loss that is too small, or none at all",
            SMALL, LOG, of_logs(lambda p, change=change, eps=eps: np.log(change(p, eps))))
      for eps in EPS for change in (np.add, np.maximum)),
    Cause("cross-entropy-logarithm-of-base-two", "the logarithm is that of base 2",
          "What is the loss of a label with probability 1/e?", LOG,
          lambda at: {"y": at.output / np.log(2)}),
    Cause("cross-entropy-logarithm-of-base-ten", "the logarithm is that of base 10",
          "What is the loss of a label with probability 1/e?", LOG,
          lambda at: {"y": at.output / np.log(10)}),
    Cause("cross-entropy-logarithm-of-more", "it is log(1 + p) that is taken",
          "What is the loss of a label with probability 1?", LOG, of_logs(np.log1p)),
    Cause("cross-entropy-maximum-added", "the maximum is taken off the logits, but not in the sum",
          "Add 5 to all logits: what should happen to the loss?", LOG, maximum_lost),
]  # fmt: skip
OTHER_LOSS = [
    Cause("cross-entropy-sign-forgotten", "the minus is missing: the loss is below 0",
          "Is the loss of a good guess below that of a bad one?", LOSS,
          lambda at: {"y": -at.output}),
    Cause("cross-entropy-squared-error", "it is the sum of (probs - targets)^2", EXACT, LOSS,
          lambda at: {"y": ((at.cache.probs - at.cache.targets) ** 2).sum(axis=-1).mean()}),
    Cause("cross-entropy-mean-squared-error", "it is the mean of (probs - targets)^2", EXACT, LOSS,
          lambda at: {"y": ((at.cache.probs - at.cache.targets) ** 2).mean()}),
    Cause("cross-entropy-exponential-of-the-loss", "it is exp(loss), the perplexity", EXACT, LOSS,
          lambda at: {"y": np.exp(at.output)}),
    Cause("cross-entropy-entropy", "it is the entropy of the probabilities: the targets are not "
          "in it", "Change the labels: does the loss change?", LOSS,
          of_formula(lambda log_p, t: -np.exp(log_p) * log_p)),
    Cause("cross-entropy-all-classes", "the loss is summed over all classes, not over the label's",
          "Change the labels: does the loss change?", LOSS, of_formula(lambda log_p, t: -log_p)),
    Cause("cross-entropy-likelihood", "it is 1 - p of the label, without a logarithm", EXACT, LOSS,
          of_formula(lambda log_p, t: t * (1 - np.exp(log_p)))),
    Cause("cross-entropy-targets-squared", "the targets are multiplied in twice",
          "What is the loss of an image that is half a cat and half a dog?", LOSS,
          of_formula(lambda log_p, t: -t * t * log_p)),
    Cause("cross-entropy-first-image-alone", "the loss is that of the first image", TWICE, LOSS,
          lambda at: one_image(at, slice(0, 1))),
    Cause("cross-entropy-last-image-alone", "the loss is that of the last image", TWICE, LOSS,
          lambda at: one_image(at, slice(-1, None))),
    Cause("cross-entropy-divided-by-the-images-twice", "1/B comes in twice", TWICE, LOSS,
          by_images(lambda B: 1 / B)),
    Cause("cross-entropy-root-of-the-images", "it is divided by sqrt(B), not by B", TWICE, LOSS,
          by_images(np.sqrt)),
    Cause("cross-entropy-one-image-less", "it is divided by B - 1, not by B", TWICE, LOSS,
          by_images(lambda B: B / (B - 1) if B > 1 else np.inf)),
]  # fmt: skip
OTHER_TARGETS = [
    Cause("cross-entropy-labels-off-by-one", "label n is taken for class n - 1", WHICH, TARGETS,
          of_labels(lambda labels, C: labels - 1)),
    Cause("cross-entropy-labels-off-by-one", "label n is taken for class n + 1", WHICH, TARGETS,
          of_labels(lambda labels, C: (labels + 1) % C)),
    Cause("cross-entropy-labels-off-by-one", "label n is taken for class n + 1", WHICH, TARGETS,
          of_labels(lambda labels, C: np.minimum(labels + 1, C - 1))),
    Cause("cross-entropy-labels-from-the-last", "the classes are counted from the last", WHICH,
          TARGETS, of_labels(lambda labels, C: C - 1 - labels)),
    Cause("cross-entropy-labels-in-reverse", "the images get each other's labels, the last first",
          "Which label belongs to image 0?", TARGETS, of_labels(lambda labels, C: labels[::-1])),
    Cause("cross-entropy-first-label-for-all", "all images get the first one's label",
          "Which label belongs to image 1?", TARGETS, of_labels(lambda labels, C: 0 * labels
                                                                 + labels[0])),
    Cause("cross-entropy-smoothing-added-to-a-whole-label",
          "the label keeps 1, and the others get s / (C - 1)", SUM, TARGETS,
          smoothed(lambda t, s, C: t + s * (1 - t) / max(C - 1, 1))),
    Cause("cross-entropy-smoothing-added-to-a-whole-label",
          "the label keeps 1, and the others get s / C", SUM, TARGETS,
          smoothed(lambda t, s, C: t + s * (1 - t) / C)),
    Cause("cross-entropy-smoothing-of-one-class-less",
          "all classes, the label too, get s / (C - 1)", SUM, TARGETS,
          smoothed(lambda t, s, C: (1 - s) * t + s / max(C - 1, 1))),
    Cause("cross-entropy-smoothing-subtracted", "s / C is taken off the classes, not given to them",
          SUM, TARGETS, smoothed(lambda t, s, C: (1 - s) * t - s / C)),
    Cause("cross-entropy-smoothing-subtracted", "s / C is taken off the classes, not given to them",
          SUM, TARGETS, smoothed(lambda t, s, C: t - s / C)),
    Cause("cross-entropy-smoothing-not-shared-out", "every class gets the whole of s, not s / C",
          SUM, TARGETS, smoothed(lambda t, s, C: (1 - s) * t + s)),
    Cause("cross-entropy-smoothing-not-shared-out", "every other class gets the whole of s",
          SUM, TARGETS, smoothed(lambda t, s, C: (1 - s) * t + s * (1 - t))),
    Cause("cross-entropy-smoothing-turned-over", "s and 1 - s are exchanged: the label gets s",
          "What should come of a smoothing of 0?", TARGETS,
          smoothed(lambda t, s, C: s * t + (1 - s) / C)),
    Cause("cross-entropy-smoothing-of-the-images", "s is divided by the number of images", SUM,
          TARGETS, lambda at: smoothed(lambda t, s, C: (1 - s) * t + s / len(at.logits))(at)),
    Cause("cross-entropy-soft-targets-through-a-softmax",
          "soft targets go through a softmax, though they are probabilities", SUM, TARGETS,
          through_softmax),
]  # fmt: skip
IN_DLOGITS = [
    Cause("cross-entropy-softmax-backward-too",
          "probs - targets goes through the softmax's backward, which is in it already",
          "probs - targets is the gradient of what: of the probabilities, or of the logits?",
          DLOGITS, softmax_backward_too),
    Cause("cross-entropy-label-alone", "only the label's logit gets a gradient",
          "If the logit of another class grows, what happens to the loss?", DLOGITS,
          from_probs(lambda p, t: np.where(t == t.max(axis=-1, keepdims=True), p - t, 0))),
    Cause("cross-entropy-targets-alone", "dlogits is -targets: the probabilities are missing",
          "What is the derivative of log sum exp(logits)?", DLOGITS, from_probs(lambda p, t: -t)),
    Cause("cross-entropy-targets-added", "the targets are added to the probabilities",
          "What should dlogits be where the probabilities equal the targets?", DLOGITS,
          from_probs(lambda p, t: p + t)),
    Cause("cross-entropy-targets-multiplied", "the targets are multiplied by the probabilities",
          "What should dlogits be where the probabilities equal the targets?", DLOGITS,
          from_probs(lambda p, t: p * t)),
    Cause("cross-entropy-one-taken-off-everywhere", "1 is taken off all the probabilities",
          "Which of an image's probabilities should be raised?", DLOGITS,
          from_probs(lambda p, t: p - 1)),
    Cause("cross-entropy-probabilities-times-the-difference",
          "dlogits is probs (probs - targets): a factor too much", EXACT, DLOGITS,
          from_probs(lambda p, t: p * (p - t))),
    Cause("cross-entropy-sigmoids-slope", "dlogits has the factor p (1 - p) of a sigmoid",
          "probs - targets is the gradient of what: of the probabilities, or of the logits?",
          DLOGITS, from_probs(lambda p, t: (p - t) * p * (1 - p))),
    Cause("cross-entropy-log-probabilities-in-dlogits",
          "the logarithms of the probabilities stand in dlogits",
          "What is the derivative of log sum exp(logits)?", DLOGITS,
          from_probs(lambda p, t: np.log(p) - t)),
]  # fmt: skip
CAUSES = {
    "cross_entropy": [*FIRST["cross_entropy"], *KEPT_FINITE, *OTHER_LOSS, *OTHER_TARGETS,
                      *IN_DLOGITS]
}  # fmt: skip

"""Mistakes in the cross-entropy."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.cross_entropy_targets import TARGET_CAUSES, log_probs, loss

LOSS = "loss = -1/B sum_b sum_c targets log softmax(logits)"
DLOGITS = "dlogits = (probs - targets) dloss / B"


def from_probs(formula):
    """dlogits by another formula of probs and targets, without dloss / B."""
    return lambda at: {"dlogits": formula(*at.cache) * at.dy / len(at.logits)}


def softmax_twice(at):
    y, cache = ops.cross_entropy_forward(at.cache.probs, labels=at.labels, smoothing=at.smoothing)
    return {"y": y, "dlogits": (cache.probs - cache.targets) * at.dy / len(at.logits)}


def two_sided(at):
    p, t = at.cache
    return {"y": -(t * np.log(p) + (1 - t) * np.log(1 - p)).sum(axis=-1).mean()}


def divergence(at):
    t = at.cache.targets
    return {"y": at.output + loss(t, np.log(np.where(t > 0, t, 1)))}


def over_images(at):
    log_p = log_probs(at.logits, axis=0)
    dlogits = (np.exp(log_p) - at.cache.targets) * at.dy / len(log_p)
    return {"y": loss(at.cache.targets, -log_p), "dlogits": dlogits}


def maximum_lost(at):
    shift = at.logits.max(axis=-1, keepdims=True)
    return {"y": loss(at.cache.targets, -log_probs(at.logits) - shift)}


MEAN = [
    Cause(
        "cross-entropy-not-divided-by-the-images",
        "it is summed over the images where it should be their mean: 1/B is missing",
        "Double the batch by repeating it: what should happen to the loss? And to dlogits?",
        LOSS,
        lambda at: {
            "y": at.output * len(at.logits), "dlogits": at.right["dlogits"] * len(at.logits)
        },
    ),
    Cause(
        "cross-entropy-divided-by-classes-too",
        "it is divided by the number of classes, too",
        "Over which axis of (B, C) is the loss a mean, and over which a sum?",
        LOSS,
        lambda at: {
            name: value / at.logits.shape[1]
            for name, value in (("y", at.output), ("dlogits", at.right["dlogits"]))
        },
    ),
]  # fmt: skip
FORWARD = [
    Cause(
        "cross-entropy-log-of-a-probability",
        "the logarithm is taken of probabilities that have become 0",
        "What is exp(-1000), and its logarithm? Is the softmax needed for the loss at all?",
        "log softmax = shifted - log sum exp(shifted)",
        lambda at: {"y": -(at.cache.targets * np.log(at.cache.probs)).sum(axis=-1).mean()},
    ),
    Cause(
        "cross-entropy-normaliser-forgotten",
        "the loss is that of the logits alone: the logarithm of the sum is missing",
        "What is the logarithm of a fraction?",
        LOSS,
        lambda at: {"y": loss(at.cache.targets, -at.logits)},
    ),
    Cause(
        "cross-entropy-maximum-lost",
        "the maximum is taken off the logits in the sum, but not in the rest",
        "Add 5 to all logits: what should happen to the loss?",
        "log softmax = shifted - log sum exp(shifted)",
        maximum_lost,
    ),
    Cause(
        "cross-entropy-log-forgotten",
        "the loss is made of the probabilities, not of their logarithms",
        "What is the loss of a label with probability 1?",
        LOSS,
        lambda at: {"y": -(at.cache.targets * at.cache.probs).sum(axis=-1).mean()},
    ),
    Cause(
        "cross-entropy-softmax-over-images",
        "the softmax runs over the images instead of the classes",
        "What do the probabilities of one image sum to?",
        LOSS,
        over_images,
    ),
    Cause(
        "cross-entropy-softmax-twice",
        "the softmax is taken twice: of the logits, and then of the probabilities",
        "How many softmaxes are there between logits and loss?",
        LOSS,
        softmax_twice,
    ),
    Cause(
        "cross-entropy-two-sided",
        "it is the cross-entropy of many yes-or-no questions: log(1 - p) has come in",
        "Can an image have several classes here?",
        LOSS,
        two_sided,
    ),
    Cause(
        "cross-entropy-divergence",
        "it is the Kullback-Leibler divergence: the targets' own entropy is taken off",
        "What is the loss if the probabilities equal soft targets?",
        LOSS,
        divergence,
    ),
]
BACKWARD = [
    Cause(
        "cross-entropy-targets-forgotten",
        "the targets are not subtracted from the probabilities in dlogits",
        "What should dlogits be where the probabilities equal the targets?",
        DLOGITS,
        from_probs(lambda p, t: p),
    ),
    Cause(
        "cross-entropy-logits-for-probabilities",
        "the logits themselves stand in dlogits where the probabilities should",
        "What is the derivative of log sum exp(logits)?",
        DLOGITS,
        lambda at: {"dlogits": (at.logits - at.cache.targets) * at.dy / len(at.logits)},
    ),
    Cause(
        "cross-entropy-gradient-of-the-probabilities",
        "dlogits is the gradient of the probabilities: the softmax's backward is missing",
        "What stands between logits and probabilities, and what is its backward?",
        DLOGITS,
        from_probs(lambda p, t: -t / p),
    ),
    Cause(
        "cross-entropy-diagonal-alone",
        "a logit's effect on the probabilities of the other classes is missing",
        "If one logit grows, what happens to the probabilities of the other classes?",
        DLOGITS,
        from_probs(lambda p, t: -t * (1 - p)),
    ),
]
CAUSES = {"cross_entropy": [*MEAN, *TARGET_CAUSES, *FORWARD, *BACKWARD]}

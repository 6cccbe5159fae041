"""Mistakes in the targets of the cross-entropy: labels, soft targets, smoothing."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

TARGETS = "targets = (1 - s) label + s / C"


def log_probs(logits, axis=-1):
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def loss(targets, surprise):
    """The mean over the images; where the target is 0, nothing is added."""
    return np.where(targets == 0, 0, targets * surprise).sum(axis=-1).mean()


def with_targets(at, targets, exact=False):
    """y and dlogits with other targets; exact where their rows don't sum to 1."""
    total = targets.sum(axis=-1, keepdims=True) if exact else 1
    dlogits = at.cache.probs * total - targets
    return {
        "y": loss(targets, -log_probs(at.logits)),
        "dlogits": dlogits * at.dy / len(targets),
    }


def smoothed(targets, exact=False):
    """Other targets where there is smoothing, made of the labels (B, C), s and C."""

    def mistake(at):
        if not at.smoothing:
            return None
        labels = at.labels if at.labels.ndim == 2 else np.eye(at.logits.shape[1])[at.labels]
        return with_targets(at, targets(labels, at.smoothing, labels.shape[1]), exact)

    return mistake


def hardened(at):
    if at.labels.ndim == 1:
        return None
    C = at.labels.shape[1]
    hard = np.eye(C)[at.labels.argmax(axis=1)]
    return with_targets(at, hard * (1 - at.smoothing) + at.smoothing / C)


TARGET_CAUSES = [
    Cause(
        "cross-entropy-soft-targets-made-hard",
        "of soft targets only the most probable class is kept",
        "What is the loss of an image that is half a cat and half a dog?",
        TARGETS,
        hardened,
    ),
    Cause(
        "cross-entropy-smoothing-forgotten",
        "the targets are the labels as they are, without smoothing",
        "Where in the forward and where in the backward does smoothing appear?",
        TARGETS,
        smoothed(lambda labels, s, C: labels),
    ),
    Cause(
        "cross-entropy-smoothing-among-the-others",
        "smoothing gives nothing to the label, and the others get s / (C - 1)",
        "Which classes does smoothing give s / C to?",
        TARGETS,
        smoothed(lambda t, s, C: (1 - s) * t + s * (1 - t) / max(C - 1, 1), exact=True),
    ),
    Cause(
        "cross-entropy-smoothing-leaves-out-the-label",
        "smoothing gives s / C to all classes but the label",
        "What do the targets of an image sum to?",
        TARGETS,
        smoothed(lambda t, s, C: (1 - s) * t + s * (1 - t) / C),
    ),
    Cause(
        "cross-entropy-smoothing-takes-nothing-away",
        "smoothing adds s / C to every class and takes nothing from the label",
        "What do the targets of an image sum to?",
        TARGETS,
        smoothed(lambda t, s, C: t + s / C),
    ),
    Cause(
        "cross-entropy-smoothing-gives-nothing",
        "smoothing takes s from the label and gives nothing to the classes",
        "What do the targets of an image sum to?",
        TARGETS,
        smoothed(lambda t, s, C: (1 - s) * t),
    ),
]

"""Cross-entropy, fused with the softmax before it: how surprised the model is by the labels.

loss = -1/B sum_b sum_c targets[b, c] log softmax(logits)[b, c]
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.inputs import read, reals, upstream
from minivit.ops.notes import unseen

ROUNDING = 1e-3  # how far from 1 a row of targets may sum: float16 rounds by less


class CrossEntropyCache(NamedTuple):
    probs: np.ndarray  # (B, C)
    targets: np.ndarray  # (B, C), rows that sum to 1


def cross_entropy_forward(
    logits: np.ndarray, *, labels: np.ndarray, smoothing: float = 0.0, note=unseen
) -> tuple[np.ndarray, CrossEntropyCache]:
    """Mean over the batch of -sum_c targets_c log softmax(logits)_c.

    logits (B, C) -> loss () of the same dtype. `labels` are class numbers (B,), or soft targets
    (B, C) with rows that sum to 1. `smoothing` s gives every class s/C and the rest to the label
    (Szegedy et al. 2016, section 7).

    Raises InputError for labels out of range or of the wrong shape, for soft targets that are no
    probabilities, for a smoothing outside [0, 1), and without images or classes.
    """
    (logits,) = reals(logits=logits)
    targets = label_targets(logits, labels, smoothing)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exp = np.exp(shifted)
    total = exp.sum(axis=-1, keepdims=True)
    # log softmax = shifted - log(total): never the log of a probability that underflowed to 0.
    # A class with logit -inf has probability 0, and adds 0 log 0 = 0 unless it is the label.
    surprise = np.where(targets == 0, 0, np.log(total) - shifted)
    loss = (targets * surprise).sum(axis=-1).mean()
    note(logits=logits, loss=loss)
    return loss, CrossEntropyCache(exp / total, targets)


def cross_entropy_backward(
    dloss: np.ndarray, cache: CrossEntropyCache, *, note=unseen
) -> np.ndarray:
    """Gradient of the mean cross-entropy.

    dloss () -> dlogits (B, C).

    log softmax(logits)_c = logits_c - log sum_j exp(logits_j), and the targets of an image sum
    to 1; so d loss_b / d logits_j = -targets_j + probs_j, and the mean divides by B:
        dlogits = (probs - targets) dloss / B
    """
    probs, targets = cache
    dloss = upstream(dloss, probs.dtype)
    dlogits = (probs - targets) * (dloss / len(probs))
    note(logits=dlogits, loss=dloss)
    return dlogits


def label_targets(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    """Labels as one row of probabilities per image: (B,) or (B, C) -> targets (B, C)."""
    labels = read("labels", labels)
    if logits.ndim != 2 or not logits.size:
        raise InputError(
            f"logits have shape {logits.shape}: expected (B, C), with at least one image and one "
            "class: over none there is no mean"
        )
    if not 0 <= smoothing < 1:
        raise InputError(f"smoothing is {smoothing}: expected a number from 0 to below 1")
    B, C = logits.shape
    if labels.shape == (B, C):
        check_probabilities(labels)
        targets = labels.astype(logits.dtype)
    else:
        check_labels(labels, B, C, ", or soft targets of shape ({}, {})")
        targets = np.zeros((B, C), logits.dtype)
        targets[np.arange(B), labels] = 1
    return targets * (1 - smoothing) + smoothing / C if smoothing else targets


def check_probabilities(targets: np.ndarray) -> None:
    """InputError unless every row holds numbers from 0 to 1 that sum to 1, to rounding."""
    if targets.dtype.kind not in "fiub":
        raise InputError(f"soft targets are {targets.dtype}: expected real numbers")
    off = np.abs(targets.sum(axis=-1, dtype=np.float64) - 1)
    if not (targets.min() >= 0 and off.max() <= ROUNDING):
        raise InputError(
            f"soft targets must be 0 or more, and each row must sum to 1; here the smallest is "
            f"{targets.min():g}, and row {off.argmax()} sums to {targets[off.argmax()].sum():g}: "
            "divide each row by its sum"
        )


def check_labels(labels: np.ndarray, images: int, classes: int, alternative: str = "") -> None:
    """InputError unless labels are `images` whole numbers from 0 to classes - 1.

    `alternative` is what else the message offers, with braces for `images` and `classes`.
    """
    labels = read("labels", labels)
    if labels.shape != (images,) or labels.dtype.kind not in "iu":
        raise InputError(
            f"labels have shape {labels.shape} and dtype {labels.dtype}: expected {images} class "
            f"numbers (whole numbers){alternative.format(images, classes)}"
        )
    if images and not 0 <= labels.min() <= labels.max() < classes:
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()}: with {classes} classes they must "
            f"lie between 0 and {classes - 1}"
        )

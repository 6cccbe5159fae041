"""Cross-entropy, fused with the softmax before it: how surprised the model is by the labels.

loss = -1/B sum_b sum_c targets[b, c] log softmax(logits)[b, c]
"""

from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.ops.notes import unseen


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

    Raises InputError for labels out of range or of the wrong shape.
    """
    targets = label_targets(logits, labels, smoothing)
    shifted = logits - logits.max(axis=-1, keepdims=True)
    exp = np.exp(shifted)
    total = exp.sum(axis=-1, keepdims=True)
    # log softmax = shifted - log(total): never the log of a probability that underflowed to 0.
    loss = -(targets * (shifted - np.log(total))).sum(axis=-1).mean()
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
    dlogits = (probs - targets) * (dloss / len(probs))
    note(logits=dlogits, loss=dloss)
    return dlogits


def label_targets(logits: np.ndarray, labels: np.ndarray, smoothing: float) -> np.ndarray:
    """Labels as one row of probabilities per image: (B,) or (B, C) -> targets (B, C)."""
    labels = np.asarray(labels)
    B, C = logits.shape
    if labels.shape == (B, C) and labels.dtype.kind == "f":
        targets = labels.astype(logits.dtype)
    else:
        check_labels(labels, B, C)
        targets = np.zeros((B, C), logits.dtype)
        targets[np.arange(B), labels] = 1
    return targets * (1 - smoothing) + smoothing / C if smoothing else targets


def check_labels(labels: np.ndarray, images: int, classes: int) -> None:
    """InputError unless labels are `images` whole numbers from 0 to classes - 1."""
    if labels.shape != (images,) or labels.dtype.kind not in "iu":
        raise InputError(
            f"labels have shape {labels.shape} and dtype {labels.dtype}: expected {images} class "
            f"numbers (whole numbers), or soft targets of shape ({images}, {classes})"
        )
    if images and not 0 <= labels.min() <= labels.max() < classes:
        raise InputError(
            f"labels run from {labels.min()} to {labels.max()}: with {classes} classes they must "
            f"lie between 0 and {classes - 1}"
        )

"""A loop over the images; 1 is taken off at the label in a copy of the probabilities."""

import numpy as np


def cross_entropy_forward(logits, *, labels):
    B, C = logits.shape
    losses, probs = [], []
    for z, label in zip(logits, labels, strict=True):
        e = np.exp(z - max(z))
        log_total = np.log(sum(e)) + max(z)
        surprise = log_total - z
        losses.append(surprise[label] if labels.ndim == 1 else label.astype(z.dtype) @ surprise)
        probs.append(e / sum(e))
    return np.mean(losses), {"p": np.array(probs), "labels": labels}


def cross_entropy_backward(dloss, cache):
    labels, d = cache["labels"], cache["p"].copy()
    if labels.ndim == 1:
        for b, label in enumerate(labels):
            d[b, label] -= 1
    else:
        d -= labels.astype(d.dtype)
    d *= dloss / len(d)
    return d

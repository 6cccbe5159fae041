"""The loss is log sum exp minus the targets' share of the logits, without any softmax."""

import numpy as np


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    B, C = logits.shape
    t = labels if labels.ndim == 2 else np.arange(C) == labels[:, None]
    t = (1 - smoothing) * t.astype(logits.dtype) + smoothing / C
    shifted = logits - logits.max(axis=1, keepdims=True)
    lse = np.log(np.exp(shifted).sum(axis=1))
    loss = (lse - (t * shifted).sum(axis=1)).mean()
    return loss, (shifted - lse[:, None], t)


def cross_entropy_backward(dloss, cache):
    logp, t = cache
    return (np.exp(logp) - t) * dloss / len(t)

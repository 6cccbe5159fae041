"""Cross-entropy of softmax, averaged over a batch, the twin of `minivit.ops.cross_entropy`.

    loss = -mean(sum(target log p))          dlogits = (p - target)/B

Logits are few (B x C), so this runs on one thread: to wake a second one costs more than it could
save. Each row is passed four times: maximum; exponentials; their sum; loss and probabilities. log p
is (logit - max) - log(sum), which can neither overflow nor be log(0).
"""

import math

import numpy as np

from minivit.ops.cross_entropy import CrossEntropyCache, label_targets

from .compiling import jit
from .elementary import exp
from .inputs import reals, upstream
from .simd import maximum


def cross_entropy_forward(logits, *, labels, smoothing=0.0):
    """-sum(target log softmax(logits)), averaged over the batch; target = (1 - s) labels + s/C.

    logits (B, C), labels (B,), class numbers, or (B, C), probabilities -> loss (), of their dtype.
    Smoothing: Szegedy et al. (2016), section 7.
    """
    (logits,) = reals(logits=logits)
    logits = np.ascontiguousarray(logits)
    targets = label_targets(logits, labels, smoothing)
    probs = np.empty_like(logits)
    loss = _cross_entropy_into(probs, logits, targets)
    return logits.dtype.type(loss), CrossEntropyCache(probs, targets)


def cross_entropy_backward(dloss, cache):
    """dlogits = (p - target) dloss / B, since the targets of a row sum to 1.

    dloss () -> dlogits (B, C).
    """
    dlogits = np.subtract(cache.probs, cache.targets)
    dlogits *= upstream(dloss, dlogits.dtype) / len(dlogits)
    return dlogits


@jit(from_python=True)
def _cross_entropy_into(probs, logits, targets):
    """(B, C) each, contiguous; returns the mean loss, summed in float64."""
    rows, classes = logits.shape
    loss = 0.0
    for r in range(rows):
        highest = logits[r, 0]
        for j in range(classes):
            highest = maximum(highest, logits[r, j])
        for j in range(classes):
            probs[r, j] = exp(logits[r, j] - highest)
        total = probs.dtype.type(0)
        for j in range(classes):
            total += probs[r, j]
        scale = probs.dtype.type(1) / total
        log_total = math.log(total)
        for j in range(classes):
            if targets[r, j] != 0:  # else a logit of -inf would make it NaN
                loss += targets[r, j] * (log_total - (logits[r, j] - highest))
            probs[r, j] *= scale
    return loss / rows

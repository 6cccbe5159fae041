"""Only the label's logit gets a gradient.

Spoils: dlogits
Cause: cross-entropy-label-alone
"""

import numpy as np


def cross_entropy_backward(dloss, cache):
    p, t = cache
    return np.where(t == t.max(axis=-1, keepdims=True), p - t, 0) * (dloss / len(p))

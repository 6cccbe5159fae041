"""The softmax of sequence pooling runs over the batch, not over an image's tokens; a lone forward.

Spoils: y
Cause: pool-softmax-over-images
"""

import numpy as np


def pool_forward(x, w=None, b=None, *, pool="cls", has_cls=False):
    if pool == "sequence":
        scores = x @ w
        if b is not None:
            scores = scores + b
        weights = np.exp(scores - scores.max(axis=0, keepdims=True))
        weights = weights / weights.sum(axis=0, keepdims=True)
        return (weights * x).sum(axis=1), None
    pools = {
        "cls": lambda: x[:, 0],
        "mean": lambda: x[:, int(has_cls) :].mean(axis=1),
        "flatten": lambda: x.reshape(x.shape[0], -1),
    }
    return pools[pool]().copy(), None

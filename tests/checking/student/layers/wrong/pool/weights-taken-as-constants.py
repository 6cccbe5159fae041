"""In sequence pooling dx misses the part that goes through the scores; a lone backward.

Spoils: dx
Cause: pool-weights-taken-as-constants
"""

import numpy as np


def pool_backward(dy, cache):
    B, T, D = cache.tokens_shape
    dx = np.zeros((B, T, D), dy.dtype)
    if cache.pool == "sequence":
        x, p = cache.linear.x, cache.softmax.probs
        dx = p[:, :, None] * dy[:, None, :]
        dp = (x * dy[:, None, :]).sum(axis=2)
        ds = p * (dp - (dp * p).sum(axis=1, keepdims=True))
        dw = (ds[:, :, None] * x).sum(axis=(0, 1)).reshape(D, 1)
        return dx, dw, np.zeros(1, dy.dtype) if cache.linear.has_bias else None
    if cache.pool == "flatten":
        dx += dy.reshape(B, T, D)
    elif cache.pool == "cls":
        dx[:, 0] = dy
    else:
        start = int(cache.has_cls)
        dx[:, start:] = dy[:, None] / (T - start)
    return dx, None, None

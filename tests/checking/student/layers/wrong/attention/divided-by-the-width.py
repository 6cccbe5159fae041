"""The scores are divided by K instead of sqrt(K).

Spoils: y, dq, dk, dv
Cause: attention-scale-without-the-root
"""

import numpy as np


def attention_forward(q, k, v):
    d_k = q.shape[-1]
    scores = np.matmul(q, np.swapaxes(k, -1, -2)) / d_k
    scores = scores - scores.max(axis=-1, keepdims=True)
    probs = np.exp(scores)
    probs = probs / probs.sum(axis=-1, keepdims=True)
    return np.matmul(probs, v), (q, k, v, probs)


def attention_backward(dout, cache):
    q, k, v, probs = cache
    d_k = q.shape[-1]
    dv = np.matmul(np.swapaxes(probs, -1, -2), dout)
    dprobs = np.matmul(dout, np.swapaxes(v, -1, -2))
    dscores = probs * (dprobs - np.sum(dprobs * probs, axis=-1, keepdims=True))
    dscores = dscores / d_k
    return np.matmul(dscores, k), np.matmul(np.swapaxes(dscores, -1, -2), q), dv

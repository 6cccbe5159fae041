"""Dprobs is made with k where v belongs.

Spoils: dq, dk
Cause: attention-keys-for-values-in-the-backward
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs)


def attention_backward(dmixed, cache):
    q, k, v, probs = cache
    factor = 1 / math.sqrt(q.shape[-1])
    dv = np.swapaxes(probs, -1, -2) @ dmixed
    dprobs = dmixed @ np.swapaxes(k, -1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dq = dscores @ k * factor
    dk = np.swapaxes(dscores, -1, -2) @ q * factor
    return dq, dk, dv

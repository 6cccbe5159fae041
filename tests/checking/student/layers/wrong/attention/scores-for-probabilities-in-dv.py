"""dv is made with the scores where the probabilities belong.

Spoils: dv
Cause: attention-scores-for-probabilities-in-dv
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, probs, scores)


def attention_backward(dmixed, cache):
    q, k, v, probs, scores = cache
    factor = 1 / math.sqrt(q.shape[-1])
    dv = np.swapaxes(scores, -1, -2) @ dmixed
    dprobs = dmixed @ np.swapaxes(v, -1, -2)
    dscores = probs * (dprobs - (dprobs * probs).sum(axis=-1, keepdims=True))
    dq = dscores @ k * factor
    dk = np.swapaxes(dscores, -1, -2) @ q * factor
    return dq, dk, dv

"""The backward of the softmax is given the scores where it needs the probabilities.

Spoils: dq, dk
Cause: softmax-scores-for-probabilities
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    e = np.exp(scores - scores.max(axis=-1, keepdims=True))
    probs = e / e.sum(axis=-1, keepdims=True)
    return probs @ v, (q, k, v, scores, probs)


def softmax_grad(d, s):
    return s * (d - (d * s).sum(axis=-1, keepdims=True))


def attention_backward(dmixed, cache):
    q, k, v, scores, probs = cache
    dprobs = dmixed @ np.swapaxes(v, -1, -2)
    dscores = softmax_grad(dprobs, scores) / math.sqrt(q.shape[-1])
    dv = np.swapaxes(probs, -1, -2) @ dmixed
    return dscores @ k, np.swapaxes(dscores, -1, -2) @ q, dv

"""Scores are clipped to -50 ... 50 "for safety", and beyond that all are alike.

Spoils: y, dx
Cause: softmax-scores-clipped
"""

import numpy as np


def softmax_forward(x):
    e = np.exp(np.clip(x, -50, 50))
    p = e / e.sum(axis=-1, keepdims=True)
    return p, p


def softmax_backward(dprobs, cache):
    return cache * (dprobs - (dprobs * cache).sum(axis=-1, keepdims=True))

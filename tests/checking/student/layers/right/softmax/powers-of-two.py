"""Powers of 2 instead of e, of scores that are turned and back again."""

import math

import numpy as np


def softmax_forward(x):
    scores = np.moveaxis(x, -1, 0)
    e = np.exp2((scores - scores.max(axis=0)) * math.log2(math.e))
    return np.moveaxis(e / e.sum(axis=0), 0, -1), e


def softmax_backward(dprobs, e):
    d = np.moveaxis(dprobs, -1, 0)
    total = e.sum(axis=0)
    dx = e * d / total - e * (e * d).sum(axis=0) / total**2
    return np.moveaxis(dx, 0, -1)

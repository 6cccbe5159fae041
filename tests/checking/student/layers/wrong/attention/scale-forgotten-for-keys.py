"""dq is divided by sqrt(K), and dk is not.

Spoils: dk
Cause: attention-scale-forgotten-in-the-backward
"""

import math

import numpy as np


def attention_forward(q, k, v):
    scores = (q / math.sqrt(q.shape[-1])) @ np.swapaxes(k, -1, -2)
    w = np.exp(scores - scores.max(axis=-1, keepdims=True))
    w = w / w.sum(axis=-1, keepdims=True)
    return w @ v, (q, k, v, w)


def attention_backward(dmixed, cache):
    q, k, v, w = cache
    dw = dmixed @ np.swapaxes(v, -1, -2)
    dscores = w * (dw - (dw * w).sum(axis=-1, keepdims=True))
    dq = dscores @ k / math.sqrt(q.shape[-1])
    dk = np.swapaxes(dscores, -1, -2) @ q
    return dq, dk, np.swapaxes(w, -1, -2) @ dmixed

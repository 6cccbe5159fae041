"""Every row's Jacobian diag(p) - p p^T is written out."""

import numpy as np


def softmax_forward(x):
    shifted = x - np.max(x, axis=-1, keepdims=True)
    e = np.exp(shifted)
    return e / np.sum(e, axis=-1, keepdims=True), x


def softmax_backward(dprobs, x):
    p, _ = softmax_forward(x)
    rows, drows = p.reshape(-1, p.shape[-1]), dprobs.reshape(-1, p.shape[-1])
    dx = [(np.diag(p) - np.outer(p, p)) @ d for p, d in zip(rows, drows, strict=True)]
    return np.array(dx).reshape(x.shape)

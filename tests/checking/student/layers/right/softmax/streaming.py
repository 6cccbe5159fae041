"""One pass over the row keeps a running maximum and a running sum."""

import numpy as np


def softmax_forward(x):
    peak = np.full(x.shape[:-1], -np.inf, x.dtype)
    total = np.zeros(x.shape[:-1], x.dtype)
    for i in range(x.shape[-1]):
        new = np.maximum(peak, x[..., i])
        total = total * np.exp(peak - new) + np.exp(x[..., i] - new)
        peak = new
    probs = np.exp(x - peak[..., None]) / total[..., None]
    return probs, [probs]


def softmax_backward(dprobs, cache):
    (probs,) = cache
    return probs * dprobs - probs * np.einsum("...i,...i->...", probs, dprobs)[..., None]

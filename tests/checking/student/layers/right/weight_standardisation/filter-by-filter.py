"""A loop over the filters, and the chain rule through their standard deviation."""

import math

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    y, kept = np.empty_like(w), []
    for o in range(w.shape[3]):
        c = w[..., o] - w[..., o].mean()
        std = math.sqrt((c**2).mean() + eps)
        y[..., o] = c / (std + floor)
        kept.append((c, std, std + floor))
    return y, kept


def weight_standardisation_backward(dy, kept):
    dw = np.empty_like(dy)
    for o, (c, std, total) in enumerate(kept):
        d = dy[..., o]
        dstd = -float((d * c).sum()) / total**2
        dc = d / total + dstd * c / (std * c.size)
        dw[..., o] = dc - dc.mean()
    return dw

"""The forward's mean leaves the cls token out; the backward divides by the number of all tokens.

Spoils: dx
Cause: head-mean-divided-by-all-tokens
"""

import numpy as np


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    match pool:
        case None:
            f = x
        case "cls":
            f = x[:, 0]
        case "mean":
            f = x[:, 1:].mean(1) if has_cls else x.mean(1)
        case "flatten":
            f = x.reshape(len(x), -1)
    logits = f @ w
    if b is not None:
        logits += b
    return logits, (x.shape, w, b, pool, has_cls, f)


def head_backward(dlogits, cache):
    shape, w, b, pool, has_cls, f = cache
    df = dlogits @ w.T
    match pool:
        case None:
            dx = df
        case "cls":
            dx = np.zeros(shape, df.dtype)
            dx[:, 0] = df
        case "mean":
            dx = np.repeat(df[:, None], shape[1], axis=1) / shape[1]
            if has_cls:
                dx[:, 0] = 0
        case "flatten":
            dx = df.reshape(shape)
    return dx, f.T @ dlogits, None if b is None else dlogits.sum(0)

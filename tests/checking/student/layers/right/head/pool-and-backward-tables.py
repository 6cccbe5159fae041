"""Pooling is chosen from a dict of small functions, forwards and backwards."""

import numpy as np


def head_forward(x, w, b, *, pool="cls", has_cls=False):
    first = int(has_cls)
    pooled = {
        None: lambda: x,
        "cls": lambda: x[:, 0],
        "mean": lambda: x[:, first:].sum(axis=1) / (x.shape[1] - first),
        "flatten": lambda: x.reshape(len(x), -1),
    }[pool]()
    logits = pooled @ w
    if b is not None:
        logits = logits + b
    return logits, {"x": x, "w": w, "b": b, "pool": pool, "first": first, "pooled": pooled}


def head_backward(dlogits, cache):
    x, first = cache["x"], cache["first"]
    d = dlogits @ cache["w"].T
    dw = cache["pooled"].T @ dlogits
    db = None if cache["b"] is None else dlogits.sum(axis=0)
    if cache["pool"] in (None, "flatten"):
        return d.reshape(x.shape), dw, db
    weights = np.zeros((1, x.shape[1], 1), x.dtype)
    if cache["pool"] == "cls":
        weights[:, 0] = 1
    else:
        weights[:, first:] = 1 / (x.shape[1] - first)
    return weights * d[:, None], dw, db

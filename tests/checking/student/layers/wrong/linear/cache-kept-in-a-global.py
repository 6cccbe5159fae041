"""x and w are kept in a global variable, so that a second forward spoils the first one's backward.

Spoils: state
Cause: state-kept
"""

_last = {}


def linear_forward(x, w, b=None):
    _last["x"], _last["w"], _last["b"] = x, w, b
    y = x @ w
    if b is not None:
        y = y + b
    return y, None


def linear_backward(dy, cache):
    x, w, b = _last["x"], _last["w"], _last["b"]
    flat = dy.reshape(-1, w.shape[1])
    dw = x.reshape(-1, w.shape[0]).T @ flat
    return dy @ w.T, dw, flat.sum(axis=0) if b is not None else None

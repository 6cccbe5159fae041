"""dw and db are added to those of the calls before, as an optimiser's buffers are.

Spoils: state
Cause: second-call-differs
"""

grads = {}


def linear_forward(x, w, b=None):
    y = x @ w
    if b is not None:
        y = y + b
    return y, (x, w, b)


def linear_backward(dy, cache):
    x, w, b = cache
    key = id(w)
    dw, db = grads.get(key, (0, 0))
    flat = dy.reshape(-1, dy.shape[-1])
    dw = dw + x.reshape(-1, x.shape[-1]).T @ flat
    db = db + flat.sum(axis=0)
    grads[key] = dw, db
    return dy @ w.T, dw.copy(), db.copy() if b is not None else None

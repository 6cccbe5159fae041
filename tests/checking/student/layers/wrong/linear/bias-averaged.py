"""db is the mean over the rows instead of their sum.

Spoils: db
Cause: linear-averaged-over-rows
"""

import numpy as np


def linear_forward(x, w, b=None):
    out = np.einsum("...i,io->...o", x, w)
    return (out if b is None else out + b), dict(x=x, w=w, bias=b is not None)


def linear_backward(dy, cache):
    x, w = cache["x"], cache["w"]
    rows = dy.reshape(-1, dy.shape[-1])
    dw = x.reshape(-1, x.shape[-1]).T @ rows
    db = rows.mean(axis=0) if cache["bias"] else None
    return rows.dot(w.T).reshape(x.shape), dw, db

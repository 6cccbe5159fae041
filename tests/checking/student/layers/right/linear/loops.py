"""Three plain loops and one number at a time."""

import numpy as np


def linear_forward(x, w, b=None):
    n_in, n_out = w.shape
    rows = x.reshape(-1, n_in)
    y = np.zeros((len(rows), n_out), dtype=x.dtype)
    for r in range(len(rows)):
        for o in range(n_out):
            total = 0 if b is None else b[o]
            for i in range(n_in):
                total = total + rows[r, i] * w[i, o]
            y[r, o] = total
    return y.reshape(*x.shape[:-1], n_out), [x, w, b]


def linear_backward(dy, cache):
    x, w, b = cache
    n_in, n_out = w.shape
    rows, drows = x.reshape(-1, n_in), dy.reshape(-1, n_out)
    dx, dw = np.zeros_like(rows), np.zeros_like(w)
    for r in range(len(rows)):
        for o in range(n_out):
            for i in range(n_in):
                dx[r, i] += drows[r, o] * w[i, o]
                dw[i, o] += drows[r, o] * rows[r, i]
    db = None
    if b is not None:
        db = np.zeros_like(b)
        for d in drows:
            db += d
    return dx.reshape(x.shape), dw, db

"""The bias is one row more of the weights, for a column of ones in x."""

import numpy as np


def linear_forward(x, w, b=None):
    rows = x.reshape(-1, x.shape[-1])
    if b is not None:
        rows = np.hstack([rows, np.ones((len(rows), 1), x.dtype)])
        w = np.vstack([w, b])
    return (rows @ w).reshape(x.shape[:-1] + w.shape[1:]), (rows, w, x.shape, b is not None)


def linear_backward(dy, cache):
    rows, w, shape, has_bias = cache
    d = dy.reshape(-1, dy.shape[-1])
    dw = rows.T @ d
    if not has_bias:
        return (d @ w.T).reshape(shape), dw, None
    return (d @ w[:-1].T).reshape(shape), dw[:-1].copy(), dw[-1].copy()

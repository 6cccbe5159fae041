"""What a convolution, plain or depthwise, gives that slides otherwise or forgets something."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes import windows
from minivit.ops.sliding import seen, unpadded


def times(x, w):
    """A place of the window: a linear map of the channels, or a factor for each."""
    return x @ w if w.ndim == 2 else x * w


def slid(at, sliding, w=None, mode="constant"):
    """y of a window that slides otherwise, or over a map with other edges, and its gradients."""
    if sliding is None:
        return {}
    w = at.w if w is None else w
    wide = np.pad(at.x, [(0, 0), *zip(sliding.before, sliding.after, strict=True), (0, 0)], mode)
    y = sum(times(seen(wide, sliding, r, s), w[r, s]) for r, s in np.ndindex(sliding.side))
    y = y if at.b is None else y + at.b
    if y.shape != at.dy.shape or mode != "constant":
        return {"y": y}
    return {"y": y} | backward(at, at.cache._replace(w=w, at=sliding))


def backward(at, cache):
    """dx and dw of another cache."""
    way = ops.convolution_backward if at.w.ndim == 4 else ops.depthwise_convolution_backward
    dx, dw, _ = way(at.dy, cache)
    return {"dx": dx, "dw": dw}


def turned_around(at):
    found = slid(at, at.cache.at, at.w[::-1, ::-1])
    return found | {"dw": found["dw"][::-1, ::-1]}


def rows_for_columns(at):
    """The window's rows lie across: from (rows, columns) to (columns, rows)."""
    w = np.swapaxes(at.w, 0, 1)
    found = slid(at, windows.slid(at, w.shape[:2], at.cache.at.stride), w)
    return {name: np.swapaxes(d, 0, 1) if name == "dw" else d for name, d in found.items()}


def wide_gradient(at):
    shape = [n + a + b for n, a, b in zip(at.x.shape[1:3], at.cache.at.before, at.cache.at.after,
                                          strict=True)]  # fmt: skip
    return np.zeros((len(at.x), *shape, at.x.shape[3]))


def last_place(at):
    """dx where each place of the window overwrites what the ones before it have put."""
    dwide = wide_gradient(at)
    for r, s in np.ndindex(at.cache.at.side):
        seen(dwide, at.cache.at, r, s)[:] = times(at.dy, at.w[r, s].T)
    return {"dx": unpadded(dwide, at.cache.at, at.x.shape)}


def last_stop(at):
    """dx where each stop overwrites the window of the ones before it."""
    dwide, (rows, columns), (down, across) = wide_gradient(at), at.cache.at.side, at.cache.at.stride
    for i, j in np.ndindex(at.cache.at.stops):
        dy = at.dy[:, i, j]
        put = np.einsum("bo,rsco->brsc", dy, at.w) if at.w.ndim == 4 else dy[:, None, None] * at.w
        dwide[:, i * down : i * down + rows, j * across : j * across + columns] = put
    return {"dx": unpadded(dwide, at.cache.at, at.x.shape)}


def where_biased(formula):
    return lambda at: None if at.b is None else formula(at)


def bias_added_often(at):
    often = at.w.shape[0] * at.w.shape[1]
    return {"y": at.output + (often - 1) * at.b, "db": often * at.right["db"]}

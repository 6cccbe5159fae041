"""Mistakes in convolutions, plain and depthwise."""

import numpy as np

from minivit import ops
from minivit.checking.student.causes import windows
from minivit.checking.student.causes.cause import Cause
from minivit.ops.sliding import seen, unpadded

Y = "y[i, j] = sum over (r, s) of x[i stride + r - top, j stride + s - left] w[r, s]  + b"
DX = "dx_rs = dy w_rs^T, added up where x_rs was taken from"
DW = "dw_rs = x_rs^T dy"
DB = "db = sum over images and places of dy"


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


def window_causes(op: str) -> list[Cause]:
    """Those that both kinds of convolution may have."""
    return [
        Cause(
            f"{op}-window-turned-around",
            "the window is turned around: its rows and columns are read from the last to the first",
            "Which number of x meets w[0, 0]? On the way back, where does w[0, 0] send dy?",
            Y,
            turned_around,
        ),
        *(
            Cause(f"{op}-{end}", sentence, hint, line, lambda at, way=way: slid(at, way(at)))
            for end, sentence, hint, line, way in windows.WAYS
        ),
        Cause(
            f"{op}-stride-exchanged",
            "the stride down is taken across, and the one across down",
            "Which of the two numbers of stride belongs to the height?",
            windows.STOPS,
            lambda at: slid(at, windows.exchanged(at)),
        ),
        Cause(
            f"{op}-edges-repeated",
            "beside the map its edge is repeated instead of zeros",
            "What is y in a corner if all of x is 1 and all of w is 1?",
            Y,
            lambda at: slid(at, at.cache.at, mode="edge"),
        ),
        Cause(
            f"{op}-rows-for-columns",
            "rows and columns of the window are exchanged",
            "Which axis of w goes down the map?",
            Y,
            rows_for_columns,
        ),
        Cause(
            f"{op}-stride-forgotten-in-the-backward",
            "the backward puts the stops side by side, as if the stride were 1",
            "Which rows of x did the second row of y see?",
            DX,
            lambda at: backward(at, at.cache._replace(at=windows.side_by_side(at))),
        ),
        Cause(
            f"{op}-overlaps-overwritten",
            "each place of the window overwrites in dx what the places before it have put there",
            "In how many windows lies one number of x, and what should become of their gradients?",
            DX,
            last_place,
        ),
        Cause(
            f"{op}-stops-overwritten",
            "each stop overwrites in dx what the stops before it have put there",
            "In how many windows lies one number of x, and what should become of their gradients?",
            DX,
            last_stop,
        ),
        Cause(
            f"{op}-bias-forgotten",
            "the bias is not added",
            "What is y if all of x is 0?",
            Y,
            where_biased(lambda at: {"y": at.output - at.b}),
        ),
        Cause(
            f"{op}-bias-added-at-every-place",
            "the bias is added once for each place of the window",
            "What is y if all of x is 0?",
            Y,
            where_biased(bias_added_often),
        ),
        Cause(
            f"{op}-bias-averaged",
            "the gradient of the bias is the mean over images and places instead of the sum",
            "If one number is added at a hundred places, how much does the loss change with it?",
            DB,
            where_biased(lambda at: {"db": at.dy.mean(axis=(0, 1, 2))}),
        ),
    ]


CONVOLUTION = [
    *window_causes("convolution"),
    Cause(
        "convolution-channels-exchanged-in-dw",
        "in dw the channels in and the channels out are exchanged",
        "Which axis of dw belongs to the channels of dy?",
        DW,
        lambda at: {"dw": np.swapaxes(at.right["dw"], 2, 3)},
    ),
]
DEPTHWISE_CONVOLUTION = [
    *window_causes("depthwise-convolution"),
    Cause(
        "depthwise-convolution-channels-summed",
        "dw is summed over the channels, and every channel gets the same",
        "Which channels of y change if one channel of w changes?",
        "dw_rs = sum over images and stops of dy x_rs",
        lambda at: {"dw": np.broadcast_to(at.right["dw"].sum(-1, keepdims=True), at.w.shape)},
    ),
    Cause(
        "depthwise-convolution-one-window-for-all",
        "every channel goes through the window of the first",
        "Which window does channel 2 go through?",
        Y,
        lambda at: {
            name: d
            for name, d in slid(at, at.cache.at, np.broadcast_to(at.w[..., :1], at.w.shape)).items()
            if name != "dw"
        },
    ),
]
CAUSES = {"convolution": CONVOLUTION, "depthwise_convolution": DEPTHWISE_CONVOLUTION}

"""Mistakes in convolutions, plain and depthwise."""

import numpy as np

from minivit.checking.student.causes import windows
from minivit.checking.student.causes.cause import Cause, of_op
from minivit.checking.student.causes.convolved import (
    backward,
    bias_added_often,
    last_place,
    last_stop,
    rows_for_columns,
    slid,
    turned_around,
    where_biased,
)

Y = "y[i, j] = sum over (r, s) of x[i stride + r - top, j stride + s - left] w[r, s]  + b"
DX = "dx_rs = dy w_rs^T, added up where x_rs was taken from"
DW = "dw_rs = x_rs^T dy"
DB = "db = sum over images and places of dy"


EITHER = [  # plain or depthwise
    Cause(
        "window-turned-around",
        "the window is turned around: its rows and columns are read from the last to the first",
        "Which number of x meets w[0, 0]? On the way back, where does w[0, 0] send dy?",
        Y,
        turned_around,
    ),
    *(
        Cause(end, sentence, hint, line, lambda at, way=way: slid(at, way(at)))
        for end, sentence, hint, line, way in windows.WAYS
    ),
    Cause(
        "stride-exchanged",
        "the stride down is taken across, and the one across down",
        "Which of the two numbers of stride belongs to the height?",
        windows.STOPS,
        lambda at: slid(at, windows.exchanged(at)),
    ),
    Cause(
        "edges-repeated",
        "beside the map its edge is repeated instead of zeros",
        "What is y in a corner if all of x is 1 and all of w is 1?",
        Y,
        lambda at: slid(at, at.cache.at, mode="edge"),
    ),
    Cause(
        "rows-for-columns",
        "rows and columns of the window are exchanged",
        "Which axis of w goes down the map?",
        Y,
        rows_for_columns,
    ),
    Cause(
        "stride-forgotten-in-the-backward",
        "the backward puts the stops side by side, as if the stride were 1",
        "Which rows of x did the second row of y see?",
        DX,
        lambda at: backward(at, at.cache._replace(at=windows.side_by_side(at))),
    ),
    Cause(
        "overlaps-overwritten",
        "each place of the window overwrites in dx what the places before it have put there",
        "In how many windows lies one number of x, and what should become of their gradients?",
        DX,
        last_place,
    ),
    Cause(
        "stops-overwritten",
        "each stop overwrites in dx what the stops before it have put there",
        "In how many windows lies one number of x, and what should become of their gradients?",
        DX,
        last_stop,
    ),
    Cause(
        "bias-forgotten",
        "the bias is not added",
        "What is y if all of x is 0?",
        Y,
        where_biased(lambda at: {"y": at.output - at.b}),
    ),
    Cause(
        "bias-added-at-every-place",
        "the bias is added once for each place of the window",
        "What is y if all of x is 0?",
        Y,
        where_biased(bias_added_often),
    ),
    Cause(
        "bias-averaged",
        "the gradient of the bias is the mean over images and places instead of the sum",
        "If one number is added at a hundred places, how much does the loss change with it?",
        DB,
        where_biased(lambda at: {"db": at.dy.mean(axis=(0, 1, 2))}),
    ),
]
CONVOLUTION = [
    *of_op("convolution", EITHER),
    Cause(
        "convolution-channels-exchanged-in-dw",
        "in dw the channels in and the channels out are exchanged",
        "Which axis of dw belongs to the channels of dy?",
        DW,
        lambda at: {"dw": np.swapaxes(at.right["dw"], 2, 3)},
    ),
]
DEPTHWISE_CONVOLUTION = [
    *of_op("depthwise-convolution", EITHER),
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

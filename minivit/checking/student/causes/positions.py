"""Mistakes in learned positions."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y, DTABLE = "y_t = x_t + table_t", "dtable = sum over the images of dy"


def first_left_out(at):
    table, dtable = at.table.copy(), at.right["dtable"].copy()
    table[0] = dtable[0] = 0
    return {"y": at.x + table, "dtable": dtable}


POSITIONS = [
    Cause(
        "positions-forgotten",
        "the positions are not added at all",
        "Exchange two tokens of x: does y show more than that?",
        Y,
        lambda at: {"y": at.x},
    ),
    Cause(
        "positions-one-vector-for-all-tokens",
        "the gradient of the table is summed over the tokens too",
        "How many tokens does one row of the table act on? Over which axes must its gradient sum?",
        DTABLE,
        lambda at: {"dtable": np.broadcast_to(at.dy.sum(axis=(0, 1)), at.table.shape)},
    ),
    Cause(
        "positions-averaged-over-images",
        "the gradient of the table is the mean over the images instead of the sum",
        "Double the batch by repeating it: what should happen to the gradient of the table?",
        DTABLE,
        lambda at: {"dtable": at.dy.mean(axis=0)},
    ),
    Cause(
        "positions-first-row-for-all",
        "every token gets the first row of the table",
        "Which row of the table belongs to token 3?",
        Y,
        lambda at: {"y": at.x + at.table[0]},
    ),
    Cause(
        "positions-first-token-left-out",
        "the first token gets no position",
        "How many rows has the table, and how many of them are used?",
        Y,
        first_left_out,
    ),
    Cause(
        "positions-images-summed-in-dx",
        "every image gets the gradients of all images in dx",
        "Which images of y change if one image of x changes?",
        "dx = dy",
        lambda at: {"dx": np.broadcast_to(at.dy.sum(axis=0), at.dy.shape)},
    ),
]
CAUSES = {"positions": POSITIONS}

"""Mistakes in learned positions of rows and columns."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.ops.positions import position_table, table_gradients

Y_2D = "y_rc = x_rc + [rows_r; columns_c]"
DROWS = "drows_r = sum over b, c of dy_brc[: D/2],   dcolumns_c = sum over b, r of dy_brc[D/2 :]"


def halves(at):
    """What reaches the patches' table, summed over the images: (rows, columns, 2, D/2)."""
    dtable = at.dy.sum(axis=0)[0 if at.cls is None else 1 :]
    return dtable.reshape(*at.grid, 2, -1)


def with_table(at, order):
    """y and the gradients if the patches' rows of the table are put in another order.

    `order` gives the places of the numbers 0, 1, ... of the table (N, D).
    """
    table = position_table(at.rows, at.columns, None, at.grid)  # (N, D)
    places = order(np.arange(table.size).reshape(*at.grid, -1)).reshape(table.shape)
    dy = at.dy.sum(axis=0)
    dpatches, dtable = dy[len(dy) - len(table) :], np.zeros(table.size)
    dtable[places.ravel()] = dpatches.ravel()
    drows, dcolumns, _ = table_gradients(
        dtable.reshape(table.shape), at.cache._replace(has_cls=False)
    )
    table = table.ravel()[places]
    table = table if at.cls is None else np.concatenate([at.cls[None], table])
    return {"y": at.x + table, "drows": drows, "dcolumns": dcolumns}


def swapped(numbers):
    half = numbers.shape[-1] // 2
    return np.concatenate([numbers[..., half:], numbers[..., :half]], axis=-1)


def in_turn(numbers):
    half = numbers.shape[-1] // 2
    return np.stack([numbers[..., :half], numbers[..., half:]], axis=-1)


def without_cls(at):
    y = at.output.copy()
    y[:, 0] = at.x[:, 0]
    return y


def cls_last(at):
    table = position_table(at.rows, at.columns, at.cls, at.grid)
    dtable = np.roll(at.dy.sum(axis=0), 1, axis=0)
    drows, dcolumns, dcls = table_gradients(dtable, at.cache)
    y = at.x + np.roll(table, -1, axis=0)
    return {"y": y, "drows": drows, "dcolumns": dcolumns, "dcls": dcls}


POSITIONS_2D = [
    Cause(
        "positions-2d-halves-swapped",
        "the row's vector and the column's are in each other's half of the width",
        "Which half of the width tells the row? Look at forward and backward.",
        Y_2D,
        lambda at: with_table(at, swapped),
    ),
    Cause(
        "positions-2d-in-turn",
        "the numbers of the row's vector and the column's stand in turn, not one after the other",
        "Print the row's vector and the first half of what is added to a patch.",
        Y_2D,
        lambda at: with_table(at, in_turn),
    ),
    Cause(
        "positions-2d-columns-first",
        "the patches are counted down the columns, where they come row by row",
        "In a grid of 2 rows and 5 columns: in which row and column is patch 1?",
        Y_2D,
        lambda at: with_table(at, lambda numbers: numbers.transpose(1, 0, 2)),
    ),
    Cause(
        "positions-2d-cls-last",
        "the cls token's vector goes to the last token instead of the first",
        "Which token of x is the cls token?",
        Y_2D,
        lambda at: None if at.cls is None else cls_last(at),
    ),
    Cause(
        "positions-2d-cls-forgotten",
        "the cls token's own vector is not added",
        "What is added to the cls token? Which gradient has that?",
        Y_2D,
        lambda at: None if at.cls is None else {"y": without_cls(at)},
    ),
    Cause(
        "positions-2d-averaged-over-patches",
        "a row's or column's gradient is the mean over its patches instead of the sum",
        "If one vector is added to five patches, how much does the loss change with it?",
        DROWS,
        lambda at: {"drows": halves(at)[:, :, 0].mean(1), "dcolumns": halves(at)[:, :, 1].mean(0)},
    ),
    Cause(
        "positions-2d-averaged-over-images",
        "the gradients of the vectors are means over the images instead of sums",
        "Double the batch by repeating it: what should happen to these gradients?",
        DROWS,
        lambda at: {
            name: at.right[name] / len(at.x)
            for name in ("drows", "dcolumns", "dcls")
            if at.right[name] is not None
        },
    ),
    Cause(
        "positions-2d-summed-along-the-wrong-axis",
        "the gradient of a row's vector is summed down the rows, or a column's across the columns",
        "Which patches share the vector of row 0? Along which axis of the grid do they lie?",
        DROWS,
        lambda at: {"drows": halves(at)[:, :, 0].sum(0), "dcolumns": halves(at)[:, :, 1].sum(1)},
    ),
    Cause(
        "positions-2d-cls-from-all-tokens",
        "the gradient of the cls token's vector is collected from all tokens",
        "Which tokens of y change if the cls token's vector changes?",
        "dcls = sum over the images of dy_0",
        lambda at: {"dcls": at.dy.sum(axis=(0, 1))},
    ),
]
CAUSES = {"positions_2d": POSITIONS_2D}

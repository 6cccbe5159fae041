"""More mistakes in positions of rows and columns."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.positions_2d import CAUSES as FIRST
from minivit.checking.student.causes.positions_2d import DROWS, Y_2D, halves, with_table
from minivit.ops.positions import position_table

CORNER = "In a grid of 2 rows and 5 columns: in which row and column is patch 9? And patch 0?"
HALF = "What is added to the first half of a patch's numbers, and what to the second?"
TOKEN = "Which token of x is the cls token, and what is added to it? And to the first patch?"
SHARED = "Which patches share the vector of row 0, and is the cls token one of them?"


def other_table(at, patches):
    """y with another table of the patches: (rows, columns, D)."""
    patches = patches.reshape(-1, at.x.shape[-1])
    return {"y": at.x + (patches if at.cls is None else np.concatenate([at.cls[None], patches]))}


def spread_out(at):
    """The vectors of rows and of columns: both (rows, columns, D/2)."""
    shape = *at.grid, at.rows.shape[1]
    return np.broadcast_to(at.rows[:, None], shape), np.broadcast_to(at.columns, shape)


def joined(at, first, second):
    return other_table(at, np.concatenate([first, second], axis=-1))


def both(at, formula):
    """The same in both halves."""
    half = formula(*spread_out(at))
    return joined(at, half, half)


def tables_exchanged(at):
    """rows[c] and columns[r], where the grid is a square."""
    if at.grid[0] != at.grid[1]:
        return None
    return joined(at, np.broadcast_to(at.rows, spread_out(at)[0].shape),
                  np.broadcast_to(at.columns[:, None], spread_out(at)[1].shape))  # fmt: skip


def factor(at, number):
    return {"y": at.x + number * (at.output - at.x)}


def if_cls(at, mistake):
    return None if at.cls is None else mistake(at)


def table(at):
    return position_table(at.rows, at.columns, None, at.grid)


def one_late(at):
    """The patches' vectors begin at the cls token, which gets its own, too."""
    y = at.x.copy()
    y[:, :-1] += table(at)
    y[:, 0] += at.cls
    return {"y": y}


def cls_everywhere(at):
    y = at.output.copy()
    y[:, 1:] += at.cls
    return {"y": y}


def first_patch_for_cls(at):
    y = at.output.copy()
    y[:, 0] = at.x[:, 0] + table(at)[0]
    return {"y": y}


def one_patch(at):
    return {"drows": halves(at)[:, 0, 0], "dcolumns": halves(at)[0, :, 1]}


def with_cls(at):
    drows = at.right["drows"].copy()
    drows[0] += at.dy[:, 0, : drows.shape[1]].sum(axis=0)
    return drows


def mistake(name, sentence, hint, line, formula):
    return Cause(f"positions-2d-{name}", sentence, hint, line, formula)


MORE = [
    mistake("rows-from-below", "the rows are counted from below", CORNER, Y_2D,
            lambda at: with_table(at, lambda numbers: numbers[::-1])),
    mistake("columns-from-the-right", "the columns are counted from the right", CORNER, Y_2D,
            lambda at: with_table(at, lambda numbers: numbers[:, ::-1])),
    mistake("from-the-last-patch", "the patches are counted from the last", CORNER, Y_2D,
            lambda at: with_table(at, lambda numbers: numbers[::-1, ::-1])),
    mistake("tables-exchanged", "the number of the row picks a column's vector, and the other way "
            "round", CORNER, Y_2D, tables_exchanged),
    mistake("added-to-each-other", "the row's vector and the column's are added, in both halves",
            HALF, Y_2D, lambda at: both(at, np.add)),
    mistake("multiplied-by-each-other", "the row's vector is multiplied by the column's", HALF,
            Y_2D, lambda at: both(at, np.multiply)),
    mistake("rows-alone", "the row's vector is in both halves", HALF, Y_2D,
            lambda at: both(at, lambda rows, columns: rows)),
    mistake("columns-alone", "the column's vector is in both halves", HALF, Y_2D,
            lambda at: both(at, lambda rows, columns: columns)),
    mistake("rows-forgotten", "nothing is added to the half of the row's vector", HALF, Y_2D,
            lambda at: joined(at, 0 * spread_out(at)[0], spread_out(at)[1])),
    mistake("columns-forgotten", "nothing is added to the half of the column's vector", HALF, Y_2D,
            lambda at: joined(at, spread_out(at)[0], 0 * spread_out(at)[1])),
    mistake("forgotten", "no positions are added", "Exchange two tokens of x: does y show more "
            "than that?", Y_2D, lambda at: {"y": at.x}),
    mistake("x-forgotten", "y is the table alone: x is not in it", "Change x: does y change?", Y_2D,
            lambda at: {"y": at.output - at.x}),
    mistake("subtracted", "the table is taken off x, not added", HALF, Y_2D,
            lambda at: factor(at, -1)),
    mistake("twice", "the table is added twice", HALF, Y_2D, lambda at: factor(at, 2)),
    mistake("times-root", "the table is multiplied by sqrt(D)", HALF, Y_2D,
            lambda at: factor(at, np.sqrt(at.x.shape[-1]))),
    mistake("multiplied", "x is multiplied by the table, not added to it",
            "What happens to x, if all vectors are 0?", Y_2D,
            lambda at: {"y": at.x * (at.output - at.x)}),
    mistake("patches-one-token-late", "the patches' vectors begin at the cls token", TOKEN, Y_2D,
            lambda at: if_cls(at, one_late)),
    mistake("cls-everywhere", "the cls token's vector is added to the patches, too", TOKEN, Y_2D,
            lambda at: if_cls(at, cls_everywhere)),
    mistake("cls-like-the-first-patch", "the cls token gets the vector of the first patch", TOKEN,
            Y_2D, lambda at: if_cls(at, first_patch_for_cls)),
    mistake("gradient-of-one-patch", "a row or column gets the gradient of its first patch alone",
            SHARED, DROWS, one_patch),
    mistake("cls-counts-for-its-row", "the gradient of the cls token is added to that of row 0",
            SHARED, DROWS, lambda at: if_cls(at, lambda at: {"drows": with_cls(at)})),
    mistake("cls-gradient-of-the-first-patch", "dcls is the gradient of the first patch", TOKEN,
            "dcls = sum over the images of dy_0",
            lambda at: if_cls(at, lambda at: {"dcls": at.dy[:, 1].sum(axis=0)})),
]  # fmt: skip
CAUSES = {"positions_2d": [*FIRST["positions_2d"], *MORE]}

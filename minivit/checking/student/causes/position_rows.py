"""More mistakes in learned positions: the wrong rows, the wrong sizes, the wrong operation."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.positions import CAUSES as FIRST
from minivit.checking.student.causes.positions import DTABLE, Y

ROW = "Which row of the table belongs to token 3? Print it, and what your layer adds."
SIZE = "What is y - x? Compare it with the table."
PLUS = "What happens to x, if the whole table is 0?"
SUMS = "How many tokens does one row of the table act on? Over which axes must its gradient sum?"


def by_rows(at, order):
    """y and dtable where the tokens get the rows `order` (T,), and -1 for none."""
    has = (order >= 0)[:, None]
    dtable = np.zeros(at.table.shape)
    np.add.at(dtable, order[order >= 0], at.dy.sum(axis=0)[order >= 0])
    return {"y": at.x + at.table[order] * has, "dtable": dtable}


def counted(at):
    return np.arange(len(at.table))


def last_left_out(at):
    order = counted(at)
    order[-1] = -1
    return by_rows(at, order)


def one_row_late(at):
    return by_rows(at, np.maximum(counted(at) - 1, 0))


def by_factors(at, of_x, of_table):
    return {"y": of_x * at.x + of_table * at.table, "dx": of_x * at.dy,
            "dtable": of_table * at.right["dtable"]}  # fmt: skip


def root(at):
    return np.sqrt(at.x.shape[-1])


def multiplied(at):
    return {"y": at.x * at.table, "dx": at.dy * at.table, "dtable": (at.dy * at.x).sum(axis=0)}


def of_one_image(at, which):
    y = at.x.copy()
    y[which] += at.table
    return {"y": y}


def by_image(at):
    """Image b gets row b on all its tokens."""
    if len(at.x) > len(at.table):
        return None
    dtable = np.zeros(at.table.shape)
    dtable[: len(at.x)] = at.dy.sum(axis=1)
    return {"y": at.x + at.table[: len(at.x), None], "dtable": dtable}


def table_for_x(at):
    return {"y": np.broadcast_to(at.table, at.x.shape)}


def without_first(at):
    dx = at.dy.copy()
    dx[:, 0] = 0
    return {"dx": dx}


def averaged_over_all(at):
    return {"dtable": np.broadcast_to(at.dy.mean(axis=(0, 1)), at.table.shape)}


def mistake(name, sentence, hint, line, formula):
    return Cause(f"positions-{name}", sentence, hint, line, formula)


MORE = [
    mistake("last-token-left-out", "the last token gets no position", ROW, Y, last_left_out),
    mistake("one-row-late", "a token gets the row before its own, around the end of the table", ROW,
            Y, lambda at: by_rows(at, np.roll(counted(at), 1))),
    mistake("one-row-late", "a token gets the row before its own, and the first its own", ROW, Y,
            one_row_late),
    mistake("one-row-late", "a token gets the row before its own, and the first none", ROW, Y,
            lambda at: by_rows(at, counted(at) - 1)),
    mistake("one-row-early", "a token gets the row after its own, around the end of the table", ROW,
            Y, lambda at: by_rows(at, np.roll(counted(at), -1))),
    mistake("one-row-early", "a token gets the row after its own, and the last its own", ROW, Y,
            lambda at: by_rows(at, np.minimum(counted(at) + 1, len(at.table) - 1))),
    mistake("table-reversed", "the table is read from its last row to its first", ROW, Y,
            lambda at: by_rows(at, counted(at)[::-1])),
    mistake("last-row-for-all", "every token gets the last row of the table", ROW, Y,
            lambda at: by_rows(at, 0 * counted(at) + len(at.table) - 1)),
    mistake("first-token-alone", "the first token alone gets a position", ROW, Y,
            lambda at: by_rows(at, np.where(counted(at) == 0, 0, -1))),
    mistake("columns-reversed", "the columns of the table are read from the last to the first", ROW,
            Y, lambda at: {"y": at.x + at.table[:, ::-1],
                           "dtable": at.right["dtable"][:, ::-1]}),
    mistake("mean-of-the-table-for-all", "every token gets the mean of all rows", ROW, Y,
            lambda at: {"y": at.x + at.table.mean(axis=0)}),
    mistake("row-of-the-image", "image b gets row b of the table: the rows belong to tokens",
            ROW, Y, by_image),
    mistake("first-image-alone", "only the first image gets positions", "Print y - x of image 1.",
            Y, lambda at: of_one_image(at, 0)),
    mistake("last-image-alone", "only the last image gets positions", "Print y - x of image 0.",
            Y, lambda at: of_one_image(at, -1)),
    mistake("table-times-root", "the table is multiplied by sqrt(D)", SIZE, Y,
            lambda at: by_factors(at, 1, root(at))),
    mistake("table-divided-by-root", "the table is divided by sqrt(D)", SIZE, Y,
            lambda at: by_factors(at, 1, 1 / root(at))),
    mistake("x-times-root", "x is multiplied by sqrt(D), as in the Transformer of language", SIZE,
            Y, lambda at: by_factors(at, root(at), 1)),
    mistake("x-divided-by-root", "x is divided by sqrt(D)", SIZE, Y,
            lambda at: by_factors(at, 1 / root(at), 1)),
    mistake("table-twice", "the table is added twice", SIZE, Y, lambda at: by_factors(at, 1, 2)),
    mistake("x-twice", "x is added twice", SIZE, Y, lambda at: by_factors(at, 2, 1)),
    mistake("table-halved", "the table is halved", SIZE, Y, lambda at: by_factors(at, 1, 0.5)),
    mistake("mean-of-both", "y is the mean of x and the table, not their sum", SIZE, Y,
            lambda at: by_factors(at, 0.5, 0.5)),
    mistake("subtracted", "the table is taken off x, not added", SIZE, Y,
            lambda at: by_factors(at, 1, -1)),
    mistake("x-subtracted", "x is taken off the table", PLUS, Y,
            lambda at: by_factors(at, -1, 1)),
    mistake("multiplied", "x is multiplied by the table", PLUS, Y, multiplied),
    mistake("x-forgotten", "y is the table alone: x is not in it", PLUS, Y, table_for_x),
    mistake("summed-over-tokens", "the gradient of the table is summed over the tokens, where it "
            "should be over the images", SUMS, DTABLE, lambda at: {"dtable": at.dy.sum(axis=1)}),
    mistake("averaged-over-tokens", "every row of the table gets the mean over images and tokens",
            SUMS, DTABLE, averaged_over_all),
    mistake("images-not-summed", "the gradient of the table keeps the axis of the images", SUMS,
            DTABLE, lambda at: {"dtable": at.dy}),
    mistake("first-token-without-gradient", "the first token gets no gradient in dx",
            "Which tokens of y change with token 0 of x?", "dx = dy",
            lambda at: without_first(at)),
    mistake("table-gradient-in-dx", "the gradient of the table is added to dx, too",
            "Which images of y change if one image of x changes?", "dx = dy",
            lambda at: {"dx": at.dy + at.right["dtable"]}),
]  # fmt: skip
CAUSES = {"positions": [*FIRST["positions"], *MORE]}

"""Mistakes in the tables of sines and cosines."""

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.sincos_tables import (
    added,
    as_kind,
    cls_apart,
    cls_at_zero,
    columns_first,
    each_its_own,
    frequencies,
    to_the_last,
)

Y = "y_t = x_t + table_t"
WAVES = "sin(p f_i) and cos(p f_i) of the place p"
F = {"sincos": "f_i = 10000^(-i/n), n = D/2", "2-D": "[sin column, cos column, sin row, cos row]"}


def one_d(formula):
    return lambda at: formula(at) if at.kind == "sincos" else None


def two_d(formula):
    return lambda at: None if at.kind == "sincos" else formula(at)


SINCOS_POSITIONS = [
    Cause(
        "sincos-positions-forgotten",
        "the positions are not added at all",
        "Exchange two tokens of x: does y show more than that?",
        Y,
        lambda at: {"y": at.x},
    ),
    Cause(
        "sincos-positions-all-sines-first",
        "the 1-D table holds all sines and then all cosines instead of the two in turn",
        "Print row 1 of the table. Which numbers are sines?",
        WAVES,
        one_d(lambda at: added(at, in_turn=False)),
    ),
    Cause(
        "sincos-positions-in-turn",
        "the 2-D table holds sines and cosines in turn instead of one after the other",
        "Print the row of patch 1. Which numbers are sines?",
        F["2-D"],
        two_d(lambda at: added(at, in_turn=True)),
    ),
    Cause(
        "sincos-positions-cosines-first",
        "cosines stand where sines should, and sines where cosines should",
        "What is in the first column of the table at place 0?",
        WAVES,
        lambda at: added(at, sines_first=False),
    ),
    Cause(
        "sincos-positions-exponent-doubled",
        "the frequencies fall twice as fast as they should: the exponent is doubled",
        "Print the frequencies. What should the last one be near to?",
        F["sincos"],
        lambda at: added(at, f=frequencies(at) ** 2),
    ),
    Cause(
        "sincos-positions-exponent-halved",
        "the frequencies fall half as fast as they should: the exponent is halved",
        "Print the frequencies. What should the last one be near to?",
        F["sincos"],
        lambda at: added(at, f=frequencies(at) ** 0.5),
    ),
    Cause(
        "sincos-positions-exponent-with-the-wrong-sign",
        "the waves become faster from column to column instead of slower",
        "Which frequency is the largest, and in which column?",
        F["sincos"],
        lambda at: added(at, f=1 / frequencies(at)),
    ),
    Cause(
        "sincos-positions-cosines-of-other-frequencies",
        "a cosine has another frequency than the sine beside it",
        "Print the frequency of each column. How many different ones should there be?",
        F["sincos"],
        one_d(each_its_own),
    ),
    Cause(
        "sincos-positions-1d-by-n-minus-1",
        "in 1-D the exponent is divided by n - 1 instead of n",
        "Which is the last frequency that each of the tables has? The op's docstring tells it.",
        F["sincos"],
        one_d(to_the_last),
    ),
    Cause(
        "sincos-positions-mae-by-n-minus-1",
        "the exponent is divided by n - 1 instead of n in the table of MAE",
        "Which is the last frequency that each of the tables has? The op's docstring tells it.",
        "f_i = 10000^(-i/n)",
        lambda at: as_kind(at, "sincos-2d-mae", "sincos-2d"),
    ),
    Cause(
        "sincos-positions-2d-by-n",
        "the exponent is divided by n instead of n - 1 in big_vision's table",
        "Which is the last frequency that each of the tables has? The op's docstring tells it.",
        "f_i = 10000^(-i/(n-1))",
        lambda at: as_kind(at, "sincos-2d", "sincos-2d-mae"),
    ),
    Cause(
        "sincos-positions-row-before-column",
        "in 2-D the waves of the row stand before those of the column",
        "Which half of the width tells the column?",
        F["2-D"],
        two_d(lambda at: added(at, rows_first=True)),
    ),
    Cause(
        "sincos-positions-columns-first",
        "the patches are counted down the columns, where they come row by row",
        "In a grid of 2 rows and 5 columns: in which row and column is patch 1?",
        F["2-D"],
        two_d(columns_first),
    ),
    Cause(
        "sincos-positions-counted-from-one",
        "the places are counted from 1 instead of 0",
        "What is the sine of the first place?",
        WAVES,
        lambda at: added(at, start=1),
    ),
    Cause(
        "sincos-positions-cls-without-a-place",
        "in 1-D the cls token gets no position, and the patches are counted from 0",
        "Which numbers have the cls token and the first patch?",
        WAVES,
        one_d(cls_apart),
    ),
    Cause(
        "sincos-positions-cls-at-the-first-place",
        "in 2-D the cls token gets the waves of row 0 and column 0",
        "Where in the image is the cls token?",
        F["2-D"],
        two_d(cls_at_zero),
    ),
]
CAUSES = {"sincos_positions": SINCOS_POSITIONS}

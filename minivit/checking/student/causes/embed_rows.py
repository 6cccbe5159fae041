"""More mistakes in the embedding: the wrong rows of the table, a cls token where none belongs."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.embed import CAUSES as FIRST
from minivit.checking.student.causes.embed import (
    DCLS,
    X,
    if_cls,
    if_positions,
    placed,
    with_cls,
)
from minivit.checking.student.causes.embed import (
    FIRST as WHICH,
)

SIZE = "What is x, if all patches are 0 and there is no bias?"


def scaled(at, of_tokens, of_positions):
    return {"y": of_tokens * with_cls(at, at.cls) + of_positions * at.positions}


def with_rows(at, order):
    """x with the rows of the table in another order, which takes (N, D)."""
    return if_positions(at, lambda: placed(at, with_cls(at, at.cls), order(at.positions)))


def first_image_alone(at):
    y = at.output.copy()
    y[1:, 0] -= at.cls
    return {"y": y}


def cls_everywhere(at):
    y = at.output.copy()
    y[:, 1:] += at.cls
    return {"y": y}


def begun_again(at):
    """The patches' rows begin at 0, as that of the cls token does."""
    return with_rows(at, lambda rows: np.concatenate([rows[:1], rows[:-1]]))


def first_image_placed(at):
    y = with_cls(at, at.cls).copy()
    y[0] += at.positions
    return {"y": y}


MORE = [
    Cause("embed-cls-of-the-first-image-alone", "only the first image gets the cls token",
          "Print token 0 of every image.", X, lambda at: if_cls(at, lambda: first_image_alone(at))),
    Cause("embed-cls-added-to-the-patches", "cls is added to the patches, too", WHICH, X,
          lambda at: if_cls(at, lambda: cls_everywhere(at))),
    Cause("embed-cls-twice", "cls is added to its token once too often", WHICH, X,
          lambda at: if_cls(at, lambda: placed(at, with_cls(at, 2 * at.cls)))),
    Cause("embed-cls-of-ones", "the token in front of the patches is 1, not cls",
          "Change cls: does x change?", X,
          lambda at: if_cls(at, lambda: placed(at, with_cls(at, 0 * at.cls + 1)))),
    Cause("embed-positions-begin-again", "cls token and first patch share the first row of the "
          "table", WHICH, X, lambda at: if_cls(at, lambda: begun_again(at))),
    Cause("embed-positions-reversed", "the table is read from its last row to its first", WHICH, X,
          lambda at: with_rows(at, lambda rows: rows[::-1])),
    Cause("embed-first-position-for-all", "every token gets the first row of the table", WHICH, X,
          lambda at: with_rows(at, lambda rows: rows[:1])),
    Cause("embed-positions-of-the-first-image-alone", "only the first image gets positions",
          "Exchange two images: what should happen to x?", X,
          lambda at: if_positions(at, lambda: first_image_placed(at))),
    Cause("embed-positions-twice", "the positions are added twice", SIZE, X,
          lambda at: if_positions(at, lambda: scaled(at, 1, 2))),
    Cause("embed-positions-subtracted", "the positions are taken off", SIZE, X,
          lambda at: if_positions(at, lambda: scaled(at, 1, -1))),
    Cause("embed-positions-scaled", "the positions are multiplied by sqrt(D)", SIZE, X,
          lambda at: if_positions(at, lambda: scaled(at, 1, np.sqrt(at.output.shape[-1])))),
    Cause("embed-tokens-scaled", "the tokens are multiplied by sqrt(D) before the positions", SIZE,
          X, lambda at: if_positions(at, lambda: scaled(at, np.sqrt(at.output.shape[-1]), 1))),
    Cause("embed-positions-multiplied", "the tokens are multiplied by the positions", SIZE, X,
          lambda at: if_positions(at, lambda: {"y": with_cls(at, at.cls) * at.positions})),
    Cause("embed-cls-gradient-of-the-first-patch", "dcls is the gradient of the first patch", WHICH,
          DCLS, lambda at: if_cls(at, lambda: {"dcls": at.dy[:, 1].sum(axis=0)})),
]  # fmt: skip
CAUSES = {"embed": [*FIRST["embed"], *MORE]}

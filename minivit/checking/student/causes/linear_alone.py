"""More mistakes in linear, as an op by itself."""

import numpy as np

from minivit.checking.student.causes.cause import Cause
from minivit.checking.student.causes.linear import CAUSES as FIRST
from minivit.checking.student.causes.linear import DW, ROWS, Y, rows

BIAS = "What is y if all of x is 0?"
SIZE = "What is y if all of x and of w is 1?"


def biased(at, formula):
    return None if at.b is None else formula()


def product(at, factor):
    """y where x w has a factor, and b has none."""
    b = 0 if at.b is None else at.b
    return {"y": (at.output - b) * factor + b}


def of_tokens(at, chosen):
    """dw and db of some tokens of each image alone."""
    if at.x.ndim < 3:
        return None
    x, dy = rows(at.x[..., chosen, :]), rows(at.dy[..., chosen, :])
    return {"dw": x.T @ dy} | ({} if at.b is None else {"db": dy.sum(axis=0)})


MORE = [
    Cause("linear-bias-twice", "b is added twice", BIAS, Y,
          lambda at: biased(at, lambda: {"y": at.output + at.b})),
    Cause("linear-bias-subtracted", "b is taken off, not added", BIAS, Y,
          lambda at: biased(at, lambda: {"y": at.output - 2 * at.b})),
    Cause("linear-bias-multiplied", "y is multiplied by b, where b should be added", BIAS, Y,
          lambda at: biased(at, lambda: {"y": (at.output - at.b) * at.b})),
    Cause("linear-product-averaged", "x w is divided by the number of columns of x", SIZE, Y,
          lambda at: product(at, 1 / at.x.shape[-1])),
    Cause("linear-product-divided-by-the-root", "x w is divided by the root of the columns of x",
          SIZE, Y, lambda at: product(at, at.x.shape[-1] ** -0.5)),
    Cause("linear-sign-of-the-product", "x w has the wrong sign", SIZE, Y,
          lambda at: product(at, -1)),
    Cause("linear-first-tokens-alone", "dw or db is that of the first token of each image", ROWS,
          DW, lambda at: of_tokens(at, slice(0, 1))),
    Cause("linear-last-tokens-alone", "dw or db is that of the last token of each image", ROWS,
          DW, lambda at: of_tokens(at, slice(-1, None))),
    Cause("linear-bias-counts-the-rows", "db is a number of rows: dy is not in it", ROWS, DW,
          lambda at: biased(at, lambda: {"db": np.full(at.b.shape, float(len(rows(at.x))))})),
]  # fmt: skip
CAUSES = {"linear": [*FIRST["linear"], *MORE]}

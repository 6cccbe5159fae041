"""Mistakes in linear."""

import numpy as np

from minivit.checking.student.causes.cause import Cause

Y = "y = x w + b"
DX = "dx = dy w^T"
DW = "dw = x^T dy,   db = sum over rows of dy"
ROWS = "Every row uses the same w and b: what does one row's use add to the loss?"


def rows(x):
    return x.reshape(-1, x.shape[-1])


def turned(w):
    """w with the shape of w^T, its numbers as they lie."""
    return w.reshape(w.shape[::-1])


def transposed_weights(at):
    square = at.w.shape[0] == at.w.shape[1]
    return {"y": at.x @ at.w.T + (0 if at.b is None else at.b)} if square else None


def parameters_by(at, factor):
    found = {"dw": at.right["dw"] * factor}
    return found if at.b is None else {**found, "db": at.right["db"] * factor}


LINEAR = [
    Cause("linear-bias-forgotten", "b is not added", "Change b: does y change?", Y,
          lambda at: None if at.b is None else {"y": at.output - at.b}),
    Cause("linear-weights-not-transposed",
          "dx is dy w: w is not transposed, or reshaped where it should be transposed",
          "Write y_ij = sum_k x_ik w_kj. Which index of w does dx keep?", DX,
          lambda at: {"dx": at.dy @ turned(at.w)}),
    Cause("linear-weight-gradient-transposed",
          "dw is dy^T x, and has the shape of w by a reshape or by luck",
          "Write y_ij = sum_k x_ik w_kj. Which index is summed over in dw, and which comes first?",
          DW, lambda at: {"dw": turned(at.right["dw"].T)}),
    Cause("linear-averaged-over-rows", "the gradients of w or b are divided by the number of rows",
          ROWS, DW, lambda at: parameters_by(at, at.dy.shape[-1] / at.dy.size)),
    Cause("linear-averaged-over-images",
          "the gradients of w or b are divided by the number of images", ROWS, DW,
          lambda at: parameters_by(at, 1 / len(at.dy))),
    Cause("linear-product-of-sums", "x and dy are summed over the rows before they are multiplied",
          "Is the sum of products the product of sums? Try two rows.", DW,
          lambda at: {"dw": np.outer(rows(at.x).sum(0), rows(at.dy).sum(0))}),
]  # fmt: skip
SQUARE = [  # can be made where w is square
    Cause("linear-weights-transposed", "x is multiplied by w^T: w is read as (out, in)",
          "Which axis of w belongs to x? Try a w that is not square.", Y, transposed_weights),
]  # fmt: skip
CAUSES = {"linear": LINEAR + SQUARE}

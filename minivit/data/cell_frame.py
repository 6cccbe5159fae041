"""The frame around a cell of a form: ink along the whole border of a picture, and no stroke."""

import numpy as np

THICKEST = 0.125  # of a side: a thicker border is no frame, but the ground
MOSTLY = 0.9  # of a row of the frame is like the edge, of the first ring inside unlike it
DRAWN = 0.4  # of the inside, at most, is like the edge: strokes cover no more


def without_frame(grey: np.ndarray) -> tuple[np.ndarray, bool]:
    """grey (rows, columns) without a line along its whole border, and whether there was one.

    A frame is thin on all four sides, and what it encloses begins in another grey all around.
    """
    edge = np.median(grey[on_border(grey.shape)])
    like_edge = np.abs(grey - edge) < np.abs(grey - edge).max() / 2
    rows, columns = like_edge.mean(axis=1) >= MOSTLY, like_edge.mean(axis=0) >= MOSTLY
    depths = [first_false(line) for line in (rows, rows[::-1], columns, columns[::-1])]
    sides = (grey.shape[0], grey.shape[0], grey.shape[1], grey.shape[1])
    if not all(0 < depth <= THICKEST * side for depth, side in zip(depths, sides, strict=True)):
        return grey, False
    top, bottom, left, right = (depth + 1 for depth in depths)  # and its soft edge
    inner = like_edge[top:-bottom, left:-right]
    if not inner.size or inner[on_border(inner.shape)].mean() > 1 - MOSTLY or inner.mean() > DRAWN:
        return grey, False
    return grey[top:-bottom, left:-right], True


def on_border(shape: tuple[int, int]) -> np.ndarray:
    """True for the outermost pixels."""
    border = np.ones(shape, bool)
    border[1:-1, 1:-1] = False
    return border


def first_false(line: np.ndarray) -> int:
    """How many elements come before the first that is False."""
    return len(line) if line.all() else int(line.argmin())

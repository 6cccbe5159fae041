"""A drawn or photographed digit, brought into the form of MNIST's.

Its makers scaled each digit, keeping its proportions, to fit a box of 20x20 pixels, which made the
strokes grey at their edges, and put the box into 28x28 pixels so that the centre of mass of the
pixels is in the middle. (LeCun, Cortes and Burges, yann.lecun.com/exdb/mnist.)
"""

import numpy as np
from PIL import Image

from minivit.data.strokes import CELL, Strokes, averaged, found_ink, harden

BOX = 20 / 28  # of a side of the frame
THINNEST = 2.4  # pixels of the frame: three quarters of MNIST's strokes are thicker; others grow
MOST_ADDED = 6  # cells of the finer grid that strokes grow, at most, on each side
SLANTING = 4 / np.pi  # an edge that slants counts for so much more, in the mean, along the axes


def centre_strokes(picture: Image.Image, height: int, width: int) -> Strokes:
    """A grey picture (0 black to 255 white, any size) as bright strokes around the frame's middle.

    Raises NothingToRead for a picture without ink.
    """
    ink, inverted, steps = found_ink(picture)
    box = CELL * round(BOX * height), CELL * round(BOX * width)
    strokes, added = thick_enough(harden(fitted_into(ink, box)))
    if added:
        strokes = fitted_into(strokes, box)
    frame = middle_of(strokes, CELL * height, CELL * width)
    steps.append(
        f"scaled into {round(BOX * width)}x{round(BOX * height)} pixels, their centre of mass put "
        f"into the middle of {width}x{height}"
    )
    if added:
        steps.append(f"strokes thickened by {2 * added / CELL:g} of these pixels")
    return Strokes(averaged(frame), inverted, steps)


def fitted_into(ink: np.ndarray, box: tuple[int, int]) -> np.ndarray:
    """The ink, scaled so that it just fits into a box (rows, columns), its proportions kept."""
    ink = without_margin(ink)
    scale = min(side / long for side, long in zip(box, ink.shape, strict=True))
    rows, columns = (max(1, round(scale * side)) for side in ink.shape)
    return np.asarray(Image.fromarray(ink).resize((columns, rows), Image.Resampling.BILINEAR))


def without_margin(ink: np.ndarray) -> np.ndarray:
    """The smallest box that holds all that is not 0."""
    rows, columns = np.nonzero(ink)
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def thick_enough(ink: np.ndarray) -> tuple[np.ndarray, int]:
    """Let the strokes grow until they are THINNEST; also returns by how many cells on each side."""
    ink = np.pad(ink, MOST_ADDED)
    for added in range(MOST_ADDED):
        if thickness(ink) >= THINNEST * CELL:
            return ink, added
        p = np.pad(ink, 1)
        neighbours = (p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:])
        ink = np.maximum.reduce(neighbours)
    return ink, MOST_ADDED


def thickness(ink: np.ndarray) -> float:
    """The mean width of strokes: their area by half the length of their edge.

    ink (rows, columns), 0 along its border.
    """
    edge = np.abs(np.diff(ink, axis=0)).sum() + np.abs(np.diff(ink, axis=1)).sum()
    return float(2 * ink.sum() / max(edge / SLANTING, 1e-6))


def middle_of(ink: np.ndarray, height: int, width: int) -> np.ndarray:
    """A frame (height, width) whose middle is the ink's centre of mass, as far as there is room."""
    ink = without_margin(ink)[:height, :width]
    corner = []
    for axis, side in enumerate((height, width)):
        along = ink.sum(axis=1 - axis)
        centre = (along * (np.arange(len(along)) + 0.5)).sum() / along.sum()
        corner.append(min(max(round(side / 2 - centre), 0), side - ink.shape[axis]))
    frame = np.zeros((height, width), np.float32)
    top, left = corner
    frame[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return frame

"""A drawn or photographed digit, brought into the form of the embedded digits.

Their makers scanned each digit, scaled it to 32x32 black and white pixels and counted the ink in
cells of 4x4. So every digit fills the height of its 8x8 frame, takes about 6 of the 8 columns, is
bright on dark, and has strokes thick enough to cover 0.31 of the frame on average.
"""

from typing import NamedTuple

import numpy as np
from PIL import Image

from minivit.data.cell_frame import on_border, without_frame
from minivit.errors import InputError

CELL = 4  # pixels along a cell's side, before they are averaged
WIDEST = 0.75  # of the frame's width
COVERED = 0.25  # strokes are thickened until they cover this part of the frame ...
THICKEST = 6  # ... or have grown by so many pixels on each side
STRAIGHTEN = 0.5  # how much of a slant is taken out: a 7 or a 6 leans by its nature
SLIGHTEST = 0.02  # columns per row: a smaller slant is not reported
FAINTEST = 0.03  # of the range from black to white: fainter ink is no stroke ...
GRAIN = 6  # ... nor is ink below so many times the grain of the ground
LARGEST = 256  # pixels along a side of the picture that strokes are looked for in


class NothingToRead(InputError):
    """A picture without strokes: no class would mean anything."""


class Strokes(NamedTuple):
    frame: np.ndarray  # (height, width), 0 ground to 1 ink
    inverted: bool
    steps: list[str]  # what was done, in words


def frame_strokes(picture: Image.Image, height: int, width: int) -> Strokes:
    """A grey picture (0 black to 255 white, any size) as bright strokes that fill the frame.

    The ground has the grey of the border. The other greys reach farther from it towards black or
    towards white: on that side is the ink. A line along the whole border is the frame of a form's
    cell, and is left out.

    Raises NothingToRead for a picture without ink.
    """
    ink, inverted, steps = found_ink(picture)
    ink, slant = straighten(ink)
    frame = harden(fit(ink, CELL * height, CELL * width))  # scaling makes thin strokes faint
    frame, added = thicken(frame)
    if abs(slant) >= SLIGHTEST:
        steps.append(f"slant of {slant:+.0%} reduced to {slant * (1 - STRAIGHTEN):+.0%}")
    steps.append(f"scaled to fill the height of {width}x{height} pixels")
    if added:
        steps.append(f"strokes thickened by {2 * added / CELL:g} of these pixels")
    return Strokes(averaged(frame), inverted, steps)


def found_ink(picture: Image.Image) -> tuple[np.ndarray, bool, list[str]]:
    """The box around all strokes, 0 ground to 1 ink; whether they were darker; what was done.

    Raises NothingToRead for a picture without ink.
    """
    grey, framed = without_frame(np.asarray(reduced(picture), np.float32) / 255)
    ink, inverted, grain = separate(grey)
    if ink.max() < max(FAINTEST, GRAIN * grain):
        inside = " inside its frame" if framed else ""
        raise NothingToRead(f"there is nothing to read{inside}: no strokes stand out")
    steps = ["frame along the border left out"] if framed else []
    dark = "dark strokes on a bright ground: inverted"
    bright = "bright strokes on a dark ground: not inverted"
    steps += [dark if inverted else bright, "cropped to the strokes"]
    return crop(harden(ink)), inverted, steps


def averaged(fine: np.ndarray) -> np.ndarray:
    """fine (CELL height, CELL width) -> (height, width), the mean of every cell."""
    height, width = fine.shape
    return fine.reshape(height // CELL, CELL, width // CELL, CELL).mean(axis=(1, 3))


def reduced(picture: Image.Image) -> Image.Image:
    """At most LARGEST pixels along a side: averaging also takes away grain and dust."""
    scale = LARGEST / max(picture.size)
    if scale >= 1:
        return picture
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.resize(size, Image.Resampling.BOX)


def harden(ink: np.ndarray) -> np.ndarray:
    """Contrast: an ordinary stroke becomes 1, and less than a fifth of it 0."""
    ordinary = np.median(ink[ink > ink.max() / 2])
    return np.clip((ink / ordinary - 0.2) / 0.6, 0, 1)


def separate(grey: np.ndarray) -> tuple[np.ndarray, bool, float]:
    """Tell ink from ground: grey (rows, columns) -> ink (rows, columns), inverted, grain.

    Ink is the difference from the ground, inverted whether the strokes are the darker, grain how
    much the ground itself varies (its standard deviation without outliers).
    The light may fall off along and across a photograph: the ground is a + b x + c y + d x y,
    fitted to the pixels of the border that lie close to its median.
    """
    h, w = grey.shape
    y, x = np.mgrid[-1 : 1 : h * 1j, -1 : 1 : w * 1j]
    border = on_border((h, w))
    # "lower": a grey that occurs. Half black, half white: no pixel lies near the mean of the two.
    median = np.quantile(grey[border], 0.5, method="lower")
    inverted = bool(median > (grey.min() + grey.max()) / 2)
    border &= np.abs(grey - median) <= np.abs(grey - median).max() / 2
    terms = np.stack([np.ones((h, w)), x, y, x * y], axis=-1)
    weights = np.linalg.lstsq(terms[border], grey[border], rcond=None)[0]
    ground = (terms @ weights).astype(grey.dtype)
    grain = 1.48 * float(np.median(np.abs(grey - ground)[border]))  # 1.48 medians are one sigma
    return np.maximum(ground - grey if inverted else grey - ground, 0), inverted, grain


def crop(ink: np.ndarray) -> np.ndarray:
    """The smallest box that holds all ink above one half (or above half of the strongest)."""
    rows, columns = np.nonzero(ink > min(0.5, ink.max() / 2))
    return ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]


def straighten(ink: np.ndarray) -> tuple[np.ndarray, float]:
    """Shear the ink towards upright; also returns the slant that it had, columns per row upwards.

    The slant is the slope of column on row, weighted by ink: their covariance by the row's
    variance.
    """
    h, w = ink.shape
    rows, columns = np.arange(h) - (h - 1) / 2, np.arange(w) - (w - 1) / 2
    total = ink.sum()
    rows -= (ink.sum(axis=1) * rows).sum() / total
    columns -= (ink.sum(axis=0) * columns).sum() / total
    spread = (ink.sum(axis=1) * rows * rows).sum()
    slope = float((ink * rows[:, None] * columns).sum() / spread) if spread > 0 else 0.0
    shear = STRAIGHTEN * slope
    margin = int(abs(shear) * h) + 1
    canvas = Image.fromarray(np.pad(ink, ((0, 0), (margin, margin))))
    upright = canvas.transform(
        canvas.size,
        Image.Transform.AFFINE,
        (1, shear, -shear * h / 2, 0, 1, 0),
        Image.Resampling.BILINEAR,
    )
    return crop(np.asarray(upright)), -slope


def fit(ink: np.ndarray, height: int, width: int) -> np.ndarray:
    """Fill the height, keep the proportions up to WIDEST, and centre: -> (height, width)."""
    h, w = ink.shape
    columns = min(max(1, round(w * height / h)), round(WIDEST * width))
    scaled = Image.fromarray(ink).resize((columns, height), Image.Resampling.BILINEAR)
    frame = np.zeros((height, width), np.float32)
    left = (width - columns) // 2
    frame[:, left : left + columns] = np.asarray(scaled)
    return frame


def thicken(frame: np.ndarray) -> tuple[np.ndarray, int]:
    """Grow the strokes pixel by pixel until they cover enough; also returns how often."""
    for added in range(THICKEST):
        if frame.mean() >= COVERED:
            return frame, added
        p = np.pad(frame, 1)
        neighbours = (p[1:-1, 1:-1], p[:-2, 1:-1], p[2:, 1:-1], p[1:-1, :-2], p[1:-1, 2:])
        frame = np.maximum.reduce(neighbours)
    return frame, THICKEST

"""`shapes`: a made set, to try what is said of colour without a licence to mind.

32x32 pixels: one of eight shapes in one of eight colours, at any place and of any size, leaning a
little, over noise that looks like an unsharp photograph. All of it follows from a seed, and from
whole numbers and sums and products that every machine rounds alike: the same bits everywhere.

The class of `shapes` is the shape, whatever its colour; that of `shapes-by-colour` is the colour,
and that of `shapes-by-pair` both: "red star".
"""

import numpy as np

from minivit.data.dataset import Dataset, Split
from minivit.data.shape_outlines import OUTLINES
from minivit.data.sources import Levels
from minivit.ops.chance import drawn, mixed, uniform

SIDE, CHANNELS = 32, 3
FINE = 4  # points along a pixel's side: 16 of them, each inside or outside, soften the edge
SMALLEST, LARGEST = 7.0, 14.0  # radius in pixels
STEEPEST = 0.2  # tangent of half the largest lean: 23 degrees
COLOURS = {
    "red": (208, 44, 44),
    "orange": (240, 134, 28),
    "yellow": (238, 216, 58),
    "green": (48, 150, 72),
    "cyan": (66, 196, 212),
    "blue": (52, 84, 204),
    "purple": (140, 66, 176),
    "pink": (242, 138, 184),
}
UNEVEN = 14  # levels by which a shape's colour may differ from the table's
# The noise is a sum of grids, each stretched to the picture: (squares along a side, weight).
OCTAVES = ((2, 40), (4, 24), (8, 12), (32, 6))
DARKEST, BRIGHTEST = 60, 200  # mean levels of the ground
TRAIN, TEST = 6000, 1000
SOME = 100  # images that are drawn at once


def load_shapes(by: str = "shape", seed: int = 0) -> Dataset:
    """6,000 images to train and 1,000 to test; the class is the shape, the colour or the pair."""
    pairs = [f"{colour} {shape}" for colour in COLOURS for shape in OUTLINES]
    names = {"shape": list(OUTLINES), "colour": list(COLOURS), "pair": pairs}[by]
    splits = []
    for purpose, count in (("train", TRAIN), ("test", TEST)):
        levels, shapes, colours = draw(count, mixed(seed, purpose))
        pair = len(OUTLINES) * colours + shapes
        labels = {"shape": shapes, "colour": colours, "pair": pair}[by]
        splits.append(Split(Levels(levels, low=-1.0, high=1.0), labels))
    name = "shapes" if by == "shape" else f"shapes-by-{by}"
    form = {"height": SIDE, "width": SIDE, "channels": CHANNELS, "low": -1.0, "high": 1.0}
    return Dataset(name, names, {"dataset": name, **form, "ink": "any"}, *splits)


def draw(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Levels (count, 32, 32, 3) uint8, and of each image the shape and the colour (count,).

    All 64 pairs of shape and colour come equally often, as nearly as can be.
    """
    pairs = np.arange(count)
    shapes, colours = pairs % len(OUTLINES), pairs // len(OUTLINES) % len(COLOURS)
    levels = np.empty((count, SIDE, SIDE, CHANNELS), np.uint8)
    for start in range(0, count, SOME):
        some = pairs[start : start + SOME]
        ground = noise(some, mixed(seed, "ground"))  # (n, 32, 32, 3)
        covered = coverage(some, shapes[some], mixed(seed, "place"))[..., None]  # 0 to 16
        tone = np.array(list(COLOURS.values()), np.int16)[colours[some]]  # (n, 3)
        tone = tone + whole(mixed(seed, "tone"), some, CHANNELS, -UNEVEN, UNEVEN)
        inside = ground * (FINE * FINE - covered) + tone[:, None, None] * covered
        grain = whole(mixed(seed, "grain"), some, SIDE * SIDE * CHANNELS, -4, 4)
        mixture = inside // (FINE * FINE) + grain.reshape(ground.shape)
        levels[start : start + SOME] = np.clip(mixture, 0, 255)
    return levels, shapes.astype(np.int64), colours.astype(np.int64)


def whole(seed: int, images: np.ndarray, count: int, least: int, most: int) -> np.ndarray:
    """images (n,), their numbers -> (n, count) int16 from `least` to `most`."""
    positions = images[:, None] * count + np.arange(count)
    return (drawn(seed, positions) % np.uint64(most - least + 1)).astype(np.int16) + least


def coverage(images: np.ndarray, shapes: np.ndarray, seed: int) -> np.ndarray:
    """How many of a pixel's 16 points lie in the shape: images (n,), shapes (n,) -> (n, 32, 32)."""
    radius, x, y, lean = (
        uniform(mixed(seed, what), images).astype(np.float32)[:, None, None]
        for what in ("radius", "x", "y", "lean")
    )
    radius = SMALLEST + (LARGEST - SMALLEST) * radius
    x, y = (radius + (SIDE - 2 * radius) * place for place in (x, y))
    tangent = STEEPEST * (2 * lean - 1)  # of half the angle: so no sine is needed
    cosine = (1 - tangent * tangent) / (1 + tangent * tangent)
    sine = 2 * tangent / (1 + tangent * tangent)
    points = (np.arange(SIDE * FINE, dtype=np.float32) + 0.5) / FINE
    right, down = (points - x) / radius, (points[:, None] - y) / radius  # (n, 1, 128), (n, 128, 1)
    inside = np.empty((len(images), SIDE * FINE, SIDE * FINE), np.int16)
    for number, outline in enumerate(OUTLINES.values()):
        c, s, r, d = (part[shapes == number] for part in (cosine, sine, right, down))
        inside[shapes == number] = outline(c * r + s * d, c * d - s * r)
    counts = sum(inside[:, row::FINE] for row in range(FINE))
    return sum(counts[:, :, column::FINE] for column in range(FINE))


def noise(images: np.ndarray, seed: int) -> np.ndarray:
    """Unsharp patches of light and of colour, as levels (n, 32, 32, 3), some beyond 0 to 255."""
    ground = whole(mixed(seed, "mean"), images, CHANNELS, DARKEST, BRIGHTEST)[:, None, None]
    for squares, weight in OCTAVES:
        corners = squares + 1
        grey = whole(mixed(seed, f"grey {squares}"), images, corners**2, -weight, weight)
        tint = whole(mixed(seed, f"tint {squares}"), images, corners**2 * CHANNELS, -weight, weight)
        grid = grey.reshape(-1, corners, corners, 1)
        grid = 2 * grid + tint.reshape(-1, corners, corners, CHANNELS)
        ground = ground + stretched(stretched(grid, 1), 2) // 3
    return ground


def stretched(grid: np.ndarray, axis: int) -> np.ndarray:
    """A grid of corners along an axis, stretched in straight lines to 32 places."""
    squares = grid.shape[axis] - 1
    each = SIDE // squares
    place = np.arange(SIDE, dtype=np.int16)
    before, share = place // each, place % each
    shape = [1] * grid.ndim
    shape[axis] = SIDE
    share = share.reshape(shape)
    low, high = grid.take(before, axis), grid.take(before + 1, axis)
    return low + (high - low) * share // each if each > 1 else low

"""What is done to test images, to see what a model withstands.

Each takes images (B, height, width, channels), a strength, black and white, and a generator, and
returns new images of the same shape. What comes in from outside, or hides, is black.
"""

import math
from collections.abc import Callable

import numpy as np

from minivit.data.augmentation import rotated

SQUARE = 4  # pixels: the side of what is hidden
KEPT = 90  # % of its accuracy on images as they are: a model that keeps less has not withstood


def hidden(images, share: float, black: float, white: float, rng) -> np.ndarray:
    """Black squares in the place of a share of all, drawn for each image anew."""
    height, width = images.shape[1:3]
    squares = (height // SQUARE) * (width // SQUARE)
    return hidden_first(images, rng.random((len(images), squares)).argsort(axis=1), share, black)


def hidden_first(images, ranks, share: float, black: float) -> np.ndarray:
    """Black in the place of a share of all squares: of those with the lowest ranks.

    `ranks` (B, squares): 0, 1, ... for the squares of each image, in raster order.
    """
    B, height, width, _ = images.shape
    rows, columns = height // SQUARE, width // SQUARE
    first = ranks < round(share * rows * columns)
    mask = first.reshape(B, rows, columns).repeat(SQUARE, axis=1).repeat(SQUARE, axis=2)
    changed = images.copy()
    changed[:, : rows * SQUARE, : columns * SQUARE][mask] = black
    return changed


def of_squares(pixels: np.ndarray) -> np.ndarray:
    """pixels (B, height, width) -> their sums in each square (B, squares), in raster order."""
    B, height, width = pixels.shape
    rows, columns = height // SQUARE, width // SQUARE
    whole = pixels[:, : rows * SQUARE, : columns * SQUARE]
    return whole.reshape(B, rows, SQUARE, columns, SQUARE).sum(axis=(2, 4)).reshape(B, -1)


def moved(images, pixels: float, black: float, white: float, rng) -> np.ndarray:
    """So many pixels up, down, to the left or to the right, drawn for each image."""
    by, ways, changed = int(pixels), rng.integers(0, 4, len(images)), images.copy()
    for way, (axis, step) in enumerate(((1, by), (1, -by), (2, by), (2, -by))):
        some = np.roll(images[ways == way], step, axis=axis)
        entered = slice(0, step) if step > 0 else slice(step, None)
        some[(*(slice(None),) * axis, entered)] = black
        changed[ways == way] = some
    return changed


def turned(images, degrees: float, black: float, white: float, rng) -> np.ndarray:
    """By so many degrees to the left or to the right, drawn for each image."""
    signs = rng.choice((-1.0, 1.0), len(images))
    return rotated(images, math.radians(degrees) * signs, black)


def noisy(images, deviation: float, black: float, white: float, rng) -> np.ndarray:
    """Normal noise on every number; its deviation is told in parts of black to white."""
    noise = rng.standard_normal(images.shape, dtype=images.dtype)
    changed = images + images.dtype.type(deviation * (white - black)) * noise
    return np.clip(changed, min(black, white), max(black, white))


def fainter(images, lost: float, black: float, white: float, rng) -> np.ndarray:
    """A part of the contrast is lost: every pixel goes so far towards the mean of its image."""
    mean = images.mean(axis=(1, 2, 3), keepdims=True)
    return mean + images.dtype.type(1 - lost) * (images - mean)


def shuffled(images, pieces: float, black: float, white: float, rng) -> np.ndarray:
    """Cut into so many pieces along each side, which are laid down in another order."""
    n = int(pieces)
    B, height, width, channels = images.shape
    h, w = height // n, width // n
    whole = images[:, : h * n, : w * n].reshape(B, n, h, n, w, channels)
    order = rng.random((B, n * n)).argsort(axis=1)
    cut = whole.swapaxes(2, 3).reshape(B, n * n, h, w, channels)
    laid = cut[np.arange(B)[:, None], order].reshape(B, n, n, h, w, channels)
    changed = images.copy()
    changed[:, : h * n, : w * n] = laid.swapaxes(2, 3).reshape(B, h * n, w * n, channels)
    return changed


Change = Callable[[np.ndarray, float, float, float, np.random.Generator], np.ndarray]
# By name: the change, its strengths, and what a strength is.
CHANGES: dict[str, tuple[Change, tuple[float, ...], str]] = {
    "hidden": (hidden, (0.2, 0.4, 0.6, 0.8), "part of the image that is hidden"),
    "moved": (moved, (1, 2, 4, 6), "pixels moved"),
    "turned": (turned, (10, 20, 40, 60), "degrees turned"),
    "noisy": (noisy, (0.05, 0.1, 0.2, 0.4), "deviation of the noise, of black to white"),
    "fainter": (fainter, (0.25, 0.5, 0.75, 0.9), "part of the contrast that is lost"),
    "shuffled": (shuffled, (2, 4, 7), "pieces along a side, shuffled"),
}

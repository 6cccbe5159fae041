"""Rotation: each image turned about its middle, and read anew between its pixels."""

import numpy as np


def random_rotation(
    images: np.ndarray, rng: np.random.Generator, *, degrees: float, fill: float | None
) -> np.ndarray:
    """Turn each image by an angle of up to `degrees`, to the left or to the right.

    images (B, height, width, channels) -> the same shape. What comes in from outside is `fill`, or
    with None the image itself, mirrored at its outermost pixels.
    """
    angles = np.radians(rng.uniform(-degrees, degrees, len(images)))
    return rotated(images, angles, fill)


def rotated(images: np.ndarray, angles: np.ndarray, fill: float | None) -> np.ndarray:
    """Turn images (B, height, width, channels) by angles (B,), in radians, against the clock.

    A pixel gets what lay where it came from: (x, y) from the middle, y downwards, came from

        (x cos a - y sin a, x sin a + y cos a)

    which lies between four pixels; their mean is taken, the nearer ones counting more (bilinear).
    """
    _, height, width, _ = images.shape
    cos, sin = (f(angles).astype(images.dtype)[:, None, None] for f in (np.cos, np.sin))
    y = (np.arange(height, dtype=images.dtype) - (height - 1) / 2)[:, None]
    x = np.arange(width, dtype=images.dtype) - (width - 1) / 2
    rows = sin * x + (cos * y + (height - 1) / 2)  # (B, height, width)
    columns = cos * x - (sin * y - (width - 1) / 2)
    if fill is None:
        rows, columns = mirrored(rows, height), mirrored(columns, width)
    return bilinear(images, rows, columns, fill)


def mirrored(places: np.ndarray, side: int) -> np.ndarray:
    """Places on an axis, mirrored at its ends, 0 and side - 1, if they lie outside."""
    last = side - 1
    return last - np.abs(last - np.abs(places))


def bilinear(
    images: np.ndarray, rows: np.ndarray, columns: np.ndarray, fill: float | None
) -> np.ndarray:
    """What lies at (row, column), between four pixels.

    images (B, height, width, channels), rows and columns (B, h, w) -> (B, h, w, channels). Outside
    the outermost pixels lies `fill`; with None these themselves go on.
    """
    border = ((0, 0), (1, 1), (1, 1), (0, 0))  # a ring of it: farther outside it is the same
    padding = {"mode": "edge"} if fill is None else {"constant_values": fill}
    images = np.pad(images, border, **padding)
    B, H, W, channels = images.shape
    rows, columns = np.clip(rows + 1, 0, H - 1), np.clip(columns + 1, 0, W - 1)
    top, left = np.minimum(np.floor(rows), H - 2), np.minimum(np.floor(columns), W - 2)
    down, right = (rows - top)[..., None], (columns - left)[..., None]  # 0 to 1
    first = (top * W + left).astype(np.intp) + (np.arange(B) * H * W)[:, None, None]
    pixels = images.reshape(B * H * W, channels)
    upper, upper_right, lower, lower_right = (
        pixels.take(first + step, axis=0) for step in (0, 1, W, W + 1)
    )
    upper += right * (upper_right - upper)
    lower += right * (lower_right - lower)
    upper += down * (lower - upper)
    return upper

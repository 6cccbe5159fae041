"""Images in another size than a data set has them: a batch is resized when it is asked for.

Linear between the pixels' centres, antialiased: what Pillow calls bilinear, as for pictures in
files. Of images with other proportions the middle part is taken.
"""

import zlib

import numpy as np

from minivit.data.sources import ImageSource, fingerprint
from minivit.errors import InputError
from minivit.models.interpolation import resized, smooth_linear

LIGHT = (0.299, 0.587, 0.114)  # of red, green, blue in grey: ITU-R BT.601, as Pillow has it


class Resized(ImageSource):
    """Images (n, h, w, channels) of an array or a source, in another size, grey or in colour."""

    slow = True

    def __init__(
        self, images: np.ndarray | ImageSource, image: tuple[int, int], channels: int,
        scale: tuple[np.ndarray, np.ndarray] | None = None,
    ):  # fmt: skip
        """`image` is (height, width); `scale`: (factor, shift) of every pixel, see `scale_between`.

        Raises InputError for other channels than those that can be made: grey of colours, or three
        alike of grey ones.
        """
        check_channels(images.shape[3], channels)
        self.images, self.scale = images, scale
        self.shape = (len(images), *image, channels)
        height, width = middle(images.shape[1:3], image)
        self.rows, self.columns = smooth_linear(height, image[0]), smooth_linear(width, image[1])

    @property
    def remark(self) -> str:
        (h, w), (height, width) = self.images.shape[1:3], self.shape[1:3]
        if self.images.shape == self.shape:  # black and white alone are others
            return getattr(self.images, "remark", "")
        part = "" if middle((h, w), (height, width)) == (h, w) else "the middle part of each, "
        colour = {(3, 1): ", in grey", (1, 3): ", in three channels"}
        changed = colour.get((self.images.shape[3], self.shape[3]), "")
        return f"images of {h}x{w} pixels: {part}resized to {height}x{width}{changed}"

    def part(self, indices: np.ndarray) -> np.ndarray:
        images = np.asarray(self.images[indices], np.float32)
        h, w = images.shape[1:3]
        height, width = self.rows.shape[1], self.columns.shape[1]
        top, left = (h - height) // 2, (w - width) // 2
        images = images[:, top : top + height, left : left + width]
        if images.shape[3] > self.shape[3]:
            images = images @ np.array(LIGHT, np.float32)[:, None]
        images = resized(images, self.rows, self.columns)
        images = np.broadcast_to(images, (len(images), *self.shape[1:]))
        if self.scale is not None:
            images = images * self.scale[0] + self.scale[1]
        return np.ascontiguousarray(images)

    def subset(self, indices: np.ndarray) -> "Resized":
        whole = isinstance(self.images, ImageSource)
        some = self.images.subset(indices) if whole else self.images[indices]
        return Resized(some, self.shape[1:3], self.shape[3], self.scale)

    def fingerprint(self) -> int:
        checksum = zlib.crc32(np.array(self.shape, "<i8"), fingerprint(self.images))
        for part in self.scale or ():
            checksum = zlib.crc32(part.astype("<f4"), checksum)
        return checksum


def scale_between(given: dict, wanted: dict) -> tuple[np.ndarray, np.ndarray] | None:
    """How pixels of one preprocessing become those of another: x -> x factor + shift, (1,) or (C,).

    Each says what black and white are, "low" and "high": a number, or one for each channel. None
    where they are the same, or one of them says nothing.
    """
    levels = [p.get(name) for p in (given, wanted) for name in ("low", "high")]
    if None in levels or levels[:2] == levels[2:]:
        return None
    low, high, new_low, new_high = (np.atleast_1d(np.float32(level)) for level in levels)
    if (low == high).any():
        return None
    factor = (new_high - new_low) / (high - low)
    return factor, new_low - low * factor


def middle(sides: tuple[int, int], image: tuple[int, int]) -> tuple[int, int]:
    """The sides (height, width) of the largest part that has the proportions of `image`."""
    (h, w), (height, width) = sides, image
    return max(1, min(h, round(w * height / width))), max(1, min(w, round(h * width / height)))


def check_channels(given: int, wanted: int) -> None:
    """InputError unless images of so many channels can be made into those of another number."""
    if given != wanted and (given, wanted) not in ((1, 3), (3, 1)):
        raise InputError(
            f"images have {given} channels and the model takes {wanted}: grey ones (1) become "
            "coloured ones (3), and back, and no others do; give other data"
        )

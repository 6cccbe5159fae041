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

    def __init__(self, images: np.ndarray | ImageSource, image: tuple[int, int], channels: int):
        """`image` is (height, width).

        Raises InputError for other channels than those that can be made: grey of colours, or three
        alike of grey ones.
        """
        check_channels(images.shape[3], channels)
        self.images = images
        self.shape = (len(images), *image, channels)
        height, width = middle(images.shape[1:3], image)
        self.rows, self.columns = smooth_linear(height, image[0]), smooth_linear(width, image[1])

    @property
    def remark(self) -> str:
        (h, w), (height, width) = self.images.shape[1:3], self.shape[1:3]
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
        return np.ascontiguousarray(np.broadcast_to(images, (len(images), *self.shape[1:])))

    def subset(self, indices: np.ndarray) -> "Resized":
        whole = isinstance(self.images, ImageSource)
        some = self.images.subset(indices) if whole else self.images[indices]
        return Resized(some, self.shape[1:3], self.shape[3])

    def fingerprint(self) -> int:
        return zlib.crc32(np.array(self.shape, "<i8"), fingerprint(self.images))


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

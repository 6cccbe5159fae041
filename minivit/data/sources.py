"""Images that become numbers only when they are asked for: of large sets, a batch at a time.

A source stands where an array of images stands in a `Split`, and is asked as an array is, by a
slice or by numbers: `source[indices]` -> images (n, height, width, channels) float32, scaled.
"""

import zlib
from abc import ABC, abstractmethod

import numpy as np


class ImageSource(ABC):
    """Images (n, height, width, channels) of one size, which `part` makes into numbers."""

    shape: tuple[int, int, int, int]
    dtype = np.dtype(np.float32)
    ndim = 4
    slow = False  # whether making them takes so long that it should go on beside a training's steps
    remark = ""  # how they are made, in words, where a user should know

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, chosen) -> np.ndarray:
        """`chosen`: a slice, numbers or a mask (n,) -> those images."""
        return self.part(np.arange(len(self))[chosen])

    @abstractmethod
    def part(self, indices: np.ndarray) -> np.ndarray:
        """indices (m,) -> images (m, height, width, channels) float32, scaled."""

    @abstractmethod
    def subset(self, indices: np.ndarray) -> "ImageSource":
        """A source of these images alone; nothing is made into numbers."""

    @abstractmethod
    def fingerprint(self) -> int:
        """A checksum of what the images are made from."""


class Levels(ImageSource):
    """Grey or colour levels, a byte each, which are scaled on the way out.

    low + (high - low) level / white: a quarter of the memory of the scaled images.
    """

    def __init__(self, levels: np.ndarray, *, low: float, high: float, white: int = 255):
        """levels (n, height, width, channels) uint8; `low` and `high` are black and white."""
        self.levels, self.low, self.high, self.white = levels, low, high, white
        self.shape = levels.shape
        self.scale = scale_of(low, high, white)

    def part(self, indices: np.ndarray) -> np.ndarray:
        return self.scale[self.levels[indices]]

    def subset(self, indices: np.ndarray) -> "Levels":
        return Levels(self.levels[indices], low=self.low, high=self.high, white=self.white)

    def fingerprint(self) -> int:
        return zlib.crc32(np.ascontiguousarray(self.levels))


def scale_of(low: float, high: float, white: int) -> np.ndarray:
    """What becomes of each level: (256,) float32, from `low` at 0 to `high` at `white`."""
    scale = np.arange(256, dtype=np.float64) * ((high - low) / white) + low
    return scale.astype(np.float32)


def chosen(images: np.ndarray | ImageSource, mask: np.ndarray) -> np.ndarray | ImageSource:
    """mask (n,) -> those images, as an array or a source, as they were."""
    if isinstance(images, ImageSource):
        return images.subset(np.flatnonzero(mask))
    return images[mask]


def fingerprint(images: np.ndarray | ImageSource) -> int:
    """A checksum of the images."""
    if isinstance(images, ImageSource):
        return images.fingerprint()
    return zlib.crc32(np.ascontiguousarray(images))

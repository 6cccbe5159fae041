"""Picture files as a source of images: a batch is decoded when it is asked for.

So a set may be larger than the memory. Of a set that is small, what was decoded is kept.
"""

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from minivit.data.decoding import read_picture, without_warnings
from minivit.data.picture_files import fitted
from minivit.data.sources import ImageSource, scale_of
from minivit.threads import own_threads

LOW, HIGH, WHITE = -1.0, 1.0, 255
MOST_KEPT = 1 << 27  # bytes of decoded pictures: with more, each is decoded anew in every epoch
MOST_THREADS = 4


class PictureSource(ImageSource):
    """Pictures of any size, resized to one size: of each the middle part, unless told otherwise."""

    slow = True

    def __init__(self, folder: Path, names: list[str], sizes: np.ndarray, *,
                 image: tuple[int, int], channels: int, seen: str = "",
                 taken: dict | None = None):  # fmt: skip
        """`names` are the files below `folder`, of `sizes` (n,) bytes; `image` is (height, width);
        `seen` says in words which sides the pictures have; `taken`, of a model's preprocessing
        (preprocessing.py), which part of each is taken, and how.
        """
        self.folder, self.names, self.sizes, self.seen = folder, names, sizes, seen
        self.taken = taken or {}
        self.shape = (len(names), *image, channels)
        few = np.prod(self.shape, dtype=np.int64) <= MOST_KEPT
        self.kept = np.empty(self.shape, np.uint8) if few else None
        self.is_kept = np.zeros(len(names), bool)
        self.scale = scale_of(LOW, HIGH, WHITE)

    @classmethod
    def of(cls, folder: Path, files: list[Path], *, image: tuple[int, int], channels: int,
           seen: str = "") -> "PictureSource":  # fmt: skip
        """A source of files below a folder; OSError for one that isn't there."""
        names = [file.relative_to(folder).as_posix() for file in files]
        sizes = np.array([os.stat(file).st_size for file in files], np.int64)
        return cls(folder, names, sizes, image=image, channels=channels, seen=seen)

    @property
    def remark(self) -> str:
        height, width = self.shape[1:3]
        pictures = f"pictures of {self.seen} pixels"
        if self.taken:
            how = "squashed" if self.taken.get("resize") == "squash" else "cut"
            return f"{pictures}: {how} as the model has learnt, to {width}x{height}"
        if self.seen == f"{width}x{height}":
            return pictures
        return f"{pictures}: the middle part of each, resized to {width}x{height}"

    def part(self, indices: np.ndarray) -> np.ndarray:
        return self.scale[self.levels(indices)]

    def levels(self, indices: np.ndarray) -> np.ndarray:
        """indices (m,) -> levels (m, height, width, channels) uint8.

        Raises InputError for a file that is no whole picture, and OSError for one that is gone.
        """
        levels = np.empty((len(indices), *self.shape[1:]), np.uint8)
        missing = np.flatnonzero(~self.is_kept[indices])
        if self.kept is not None:
            levels[...] = self.kept[indices]
        if not missing.size:
            return levels
        threads = min(MOST_THREADS, own_threads())
        with without_warnings(), ThreadPoolExecutor(threads, "decode") as pool:
            decoded = pool.map(self.decoded, indices[missing])
            for place, picture in zip(missing, decoded, strict=True):
                levels[place] = picture
        if self.kept is not None:
            self.kept[indices[missing]] = levels[missing]
            self.is_kept[indices[missing]] = True
        return levels

    def decoded(self, index: int) -> np.ndarray:
        """One picture as levels (height, width, channels) uint8."""
        _, height, width, channels = self.shape
        picture, _ = read_picture(self.folder / self.names[index], least=max(height, width))
        levels = fitted(picture, height, width, channels, self.taken)[0]
        return np.rint(levels).astype(np.uint8)

    def subset(self, indices: np.ndarray) -> "PictureSource":
        names = [self.names[i] for i in indices]
        return PictureSource(self.folder, names, self.sizes[indices], image=self.shape[1:3],
                             channels=self.shape[3], seen=self.seen, taken=self.taken)  # fmt: skip

    def resized(
        self, image: tuple[int, int], channels: int, taken: dict | None = None
    ) -> "PictureSource":
        """The same pictures, made into images of another form."""
        return PictureSource(self.folder, self.names, self.sizes, image=tuple(image),
                             channels=channels, seen=self.seen, taken=taken)  # fmt: skip

    def fingerprint(self) -> int:
        """A checksum of names and sizes of the files, and of what they become."""
        checksum = zlib.crc32(np.array(self.shape, "<i8"))
        if self.taken:
            checksum = zlib.crc32(repr(sorted(self.taken.items())).encode(), checksum)
        checksum = zlib.crc32(self.sizes.astype("<i8"), checksum)
        return zlib.crc32("\0".join(self.names).encode("utf-8", "surrogateescape"), checksum)

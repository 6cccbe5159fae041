"""IDX files, the form of MNIST and Fashion-MNIST: a header, then a byte for each number.

    0  0  type  axes   then the length of each axis as 4 bytes, the first the most significant

Type 8 is unsigned bytes. Images have 3 axes (n, height, width), labels have 1.
(The format: yann.lecun.com/exdb/mnist.)
"""

import math
import re
import struct
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.data.dataset import Split
from minivit.data.readers.found import Found
from minivit.data.readers.opening import content_of, sizes_allowed, start_of, what_begins
from minivit.errors import InputError

BYTES = 8
LABELS, IMAGES = 1, 3  # axes
TRAIN, TEST = ("train",), ("t10k", "test", "val")  # what a file's name may say


class Idx(NamedTuple):
    """An IDX file, known by its header."""

    path: Path
    sizes: tuple[int, ...]  # of its axes


def is_idx(start: bytes) -> bool:
    """Whether a file that begins so is an IDX file of bytes."""
    return start[:3] == bytes([0, 0, BYTES]) and start[3:4] in (bytes([LABELS]), bytes([IMAGES]))


def is_meant_as_idx(path: Path, start: bytes) -> bool:
    """Whether a file is an IDX file, or has the name of one."""
    return is_idx(start) or re.search(r"idx\d|ubyte", path.name.lower()) is not None


def header_of(path: Path) -> Idx:
    """The header of an IDX file, which fits the file's size.

    Raises InputError for another kind of file, and for a header that claims more or less than the
    file holds: so nothing is allocated that is not there.
    """
    start = start_of(path)
    if not is_idx(start):
        raise InputError(
            f"{path} {what_begins(start)}; an IDX file of bytes begins with 00 00 08 03 (images) "
            "or 00 00 08 01 (labels)"
        )
    axes = start[3]
    if len(start) < 4 + 4 * axes:
        raise InputError(f"{path} ends within its header: it is truncated; get it again")
    sizes = struct.unpack_from(f">{axes}I", start, 4)
    count, (least, most) = 4 + 4 * axes + math.prod(sizes), sizes_allowed(path)
    if not least <= count <= most:
        holds = f"{most:,} bytes" if least else f"at most {most:,} bytes, unpacked"
        shape = " x ".join(f"{size:,}" for size in sizes)
        raise InputError(
            f"{path} says that it holds {shape} bytes, {count:,} with its header, and it has "
            f"{holds}: it is truncated or damaged; get it again"
        )
    if 0 in sizes:
        raise InputError(f"{path} holds nothing: its axes are {sizes}")
    return Idx(path, sizes)


def read_idx(idx: Idx) -> np.ndarray:
    """The numbers of an IDX file: uint8 of its sizes; InputError unless it holds exactly those."""
    numbers = np.empty(math.prod(idx.sizes), np.uint8)
    with content_of(idx.path) as content:
        content.read(4 + 4 * len(idx.sizes))
        rest = memoryview(numbers)
        while rest and (count := content.readinto(rest)):
            rest = rest[count:]
        if rest or content.read(1):
            more = f"{len(rest):,} bytes fewer" if rest else "more bytes"
            raise InputError(
                f"{idx.path} holds {more} than its header says: it is damaged; get it again"
            )
    return numbers.reshape(idx.sizes)


def read_idx_files(files: list[Path]) -> Found:
    """Images and labels of IDX files of one folder; names or lengths tell which belong together.

    Raises InputError unless they are images with their labels, and, if they are there, images and
    labels to test on.
    """
    headers = [header_of(path) for path in without_copies(files)]
    groups = [[h for h in headers if len(h.sizes) == axes] for axes in (IMAGES, LABELS)]
    folder, (images, labels) = files[0].parent, groups
    if len(images) != len(labels) or not 1 <= len(images) <= 2:
        names = ", ".join(header.path.name for header in headers)
        raise InputError(
            f"{folder} has {len(images)} IDX files of images and {len(labels)} of labels ({names}):"
            " expected one of each to train, and, as you like, one of each to test"
        )
    by_name = [sorted(group, key=lambda h: is_test(h.path)) for group in groups]
    tests = [[is_test(h.path) for h in group] for group in by_name]
    if len(images) == 2 and tests != [[False, True]] * 2:  # the names don't say it
        by_name = [sorted(group, key=lambda h: -h.sizes[0]) for group in groups]
    splits = [read_pair(*pair) for pair in zip(*by_name, strict=True)]
    return Found(*splits) if len(splits) == 2 else Found(splits[0])


def read_pair(images: Idx, labels: Idx) -> Split:
    """Images (n, height, width, 1) and labels; InputError unless there are as many."""
    if images.sizes[0] != labels.sizes[0]:
        raise InputError(
            f"{images.path} has {images.sizes[0]:,} images and {labels.path.name} "
            f"{labels.sizes[0]:,} labels: they don't belong together; get both again"
        )
    return Split(read_idx(images)[..., None], read_idx(labels))


def is_test(path: Path) -> bool:
    """Whether a file's name says that it is to test on."""
    name = path.name.lower()
    return any(word in name for word in TEST) and not any(word in name for word in TRAIN)


def without_copies(files: list[Path]) -> list[Path]:
    """Without the packed one where a file is there packed and unpacked."""
    names = {path.name for path in files}
    return [path for path in files if path.suffix != ".gz" or path.stem not in names]

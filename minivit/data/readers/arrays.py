"""An .npz file of NumPy's: arrays of images and labels, under the names that people give them.

It is a zip archive with an .npy file for each array: a header that says kind and shape, then the
numbers. An array of Python objects would be a pickle, and is refused.
"""

import math
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy

from minivit.data.dataset import Split
from minivit.data.readers.found import HIGH, LOW, Found
from minivit.data.readers.opening import MOST_UNPACKED
from minivit.errors import InputError

TRAIN = (("x_train", "y_train"), ("train_images", "train_labels"), ("X_train", "y_train"),
         ("images_train", "labels_train"), ("images", "labels"), ("x", "y"), ("X", "y"),
         ("data", "labels"))  # fmt: skip
TEST = (("x_test", "y_test"), ("test_images", "test_labels"), ("X_test", "y_test"),
        ("images_test", "labels_test"))  # fmt: skip
NAMES = "class_names"
EXPECTED = (
    f"expected arrays {' or '.join('/'.join(pair) for pair in TRAIN)} to train, and, as you like, "
    f"{' or '.join('/'.join(pair) for pair in TEST)} to test, and {NAMES}"
)
WHITES = (1, 16, 255)  # of levels that are whole numbers: the first that holds them all


def read_arrays(path: Path) -> Found:
    """Images (n, height, width[, channels]) and labels (n,) of an .npz file.

    Raises InputError for other arrays, arrays of objects, and files that are damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            return found_in(archive, path)
    except InputError:
        raise
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, zlib.error, SyntaxError) as error:
        raise InputError(f"{path} is no whole .npz file ({error}); get or save it again") from error
    except (NotImplementedError, RuntimeError) as error:  # another packing, or a password
        raise InputError(f"{path} is packed in a way that can't be read: {error}") from error


def found_in(archive: zipfile.ZipFile, path: Path) -> Found:
    """The images and labels of an archive, in the form that all readers give."""
    names = {entry.removesuffix(".npy") for entry in archive.namelist() if entry.endswith(".npy")}
    train, test = (
        next((pair for pair in pairs if set(pair) <= names), None) for pairs in (TRAIN, TEST)
    )
    if train is None:
        inside = ", ".join(sorted(names)[:10]) or "no arrays"
        raise InputError(f"{path} holds {inside}: {EXPECTED}")
    images, remark = as_images(array_of(archive, train[0], path), f"{train[0]} in {path}")
    images, white, known_range = scaled(images, f"{train[0]} in {path}")
    splits = [Split(images, as_labels(array_of(archive, train[1], path)))]
    if test is not None:
        tested, _ = as_images(array_of(archive, test[0], path), f"{test[0]} in {path}")
        tested = like_training_images(tested, images, known_range, f"{test[0]} in {path}")
        splits.append(Split(tested, as_labels(array_of(archive, test[1], path))))
    classes = None
    if NAMES in names:
        given = array_of(archive, NAMES, path)
        if given.dtype.kind not in "US" or given.ndim != 1:
            raise InputError(f"{NAMES} in {path} is no array of words")
        classes = [n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in given]
    rest = sorted(names - {*train, *(test or ()), NAMES})
    left = (f"not used: {', '.join(rest)}",) if rest else ()
    return Found(*splits, class_names=classes, white=white, range=known_range,
                 remarks=(*remark, *left))  # fmt: skip


class NpyArray(NamedTuple):
    """An array of an archive, still unread."""

    shape: tuple[int, ...]
    kind: np.dtype
    read: Callable[[], np.ndarray]


def array_of(archive: zipfile.ZipFile, name: str, path: Path) -> np.ndarray:
    """One array, after its header was compared with the bytes that are there."""
    return open_npy(archive, f"{name}.npy", path).read()


def open_npy(archive: zipfile.ZipFile, name: str, path: Path) -> NpyArray:
    """The array in a file of the archive, after its header was compared with the bytes there."""
    entry, name = archive.getinfo(name), name.removesuffix(".npy")
    with archive.open(entry) as file:
        version = npy.read_magic(file)
        read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}.get(version)
        if read is None:
            raise ValueError(f"{name} is of version {version[0]}.{version[1]}")
        shape, columns_first, kind = read(file)
        start = file.tell()
    if kind.hasobject:
        raise InputError(
            f"{name} in {path} is an array of Python objects, which could run a program when "
            "it is read: save it as an array of numbers, e.g. with np.stack"
        )
    count = math.prod(shape)
    claimed = start + count * kind.itemsize
    most = entry.compress_size * MOST_UNPACKED
    if claimed != entry.file_size or claimed > most:
        raise InputError(
            f"{name} in {path} says that it has {count:,} numbers, and the file holds another "
            "number of bytes: it is damaged; save it again"
        )
    order = "F" if columns_first else "C"
    return NpyArray(
        shape,
        kind,
        lambda: numbers_of(archive, entry, start, kind, count).reshape(shape, order=order),
    )


def numbers_of(archive, entry: zipfile.ZipInfo, start: int, kind: np.dtype, count: int):
    """The numbers (count,) of a file in the archive, which begin at this byte of it."""
    with archive.open(entry) as file:
        file.read(start)
        numbers = np.empty(count, kind)
        rest = memoryview(numbers.view(np.uint8)) if count and kind.itemsize else b""
        while rest and (done := file.readinto(rest)):
            rest = rest[done:]
        if rest or file.read(1):  # only at its very end is the checksum compared
            raise EOFError(f"{entry.filename.removesuffix('.npy')} ends early")
    return numbers


def as_images(images: np.ndarray, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Images (n, height, width, channels); a remark where their channels came first."""
    if images.ndim == 3:
        return images[..., None], ()
    if images.ndim != 4:
        raise InputError(
            f"{name} has shape {images.shape}: expected (n, height, width) or (n, height, width, "
            "channels)"
        )
    if images.shape[1] in (1, 3) and images.shape[3] not in (1, 3):
        moved = np.ascontiguousarray(images.transpose(0, 2, 3, 1))
        return moved, ("channels came first: moved to the end",)
    return images, ()


def scaled(images: np.ndarray, name: str) -> tuple[np.ndarray, int, tuple[float, float] | None]:
    """Images as bytes with the level of white, or as numbers in float32; black and white in these.

    Numbers from 0 to 1 and from 0 to 255 are scaled to -1 and 1; others stay as they are.
    """
    low, high = bounds(images, name)
    if images.dtype.kind in "iub":
        white = next((white for white in WHITES if low >= 0 and high <= white), None)
        if white is None:
            raise InputError(
                f"{name} has levels from {low:g} to {high:g}: expected bytes from 0 to 255"
            )
        return images.astype(np.uint8), white, (LOW, HIGH)
    if -1 <= low < 0 and high <= 1:
        return images.astype(np.float32), 255, (LOW, HIGH)
    white = next((white for white in (1, 255) if low >= 0 and high <= white), None)
    if white is None:
        return images.astype(np.float32), 255, None
    return (images * (2 / white) - 1).astype(np.float32), 255, (LOW, HIGH)


def like_training_images(
    images: np.ndarray, train: np.ndarray, known_range: tuple[float, float] | None, name: str
) -> np.ndarray:
    """Test images, scaled as the training images were: these decide."""
    low, high = bounds(images, name)
    if train.dtype == np.uint8:
        if images.dtype.kind not in "iub" or low < 0 or high > 255:
            raise InputError(f"{name} is unlike the training images: expected bytes from 0 to 255")
        return images.astype(np.uint8)
    if images.dtype.kind != "f":
        raise InputError(f"{name} holds {images.dtype}, the training images real numbers")
    own, _, own_range = scaled(images, name)
    if own_range != known_range:
        raise InputError(
            f"{name} has values from {low:g} to {high:g}, another range than the training images"
        )
    return own


def bounds(images: np.ndarray, name: str) -> tuple[float, float]:
    """The least and the largest number; InputError without numbers, and for NaN or infinity."""
    if images.dtype.kind not in "fiub" or not images.size:
        raise InputError(f"{name} holds {images.size} values of dtype {images.dtype}: no images")
    low, high = float(images.min()), float(images.max())
    if not (math.isfinite(low) and math.isfinite(high)):
        raise InputError(f"{name} has NaN or infinity: leave such images out")
    return low, high


def as_labels(labels: np.ndarray) -> np.ndarray:
    """labels (n,) or (n, 1) -> (n,)."""
    return labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels

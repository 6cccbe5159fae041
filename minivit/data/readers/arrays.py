"""Images and labels in an .npz file of NumPy's, under the names that people give them."""

import math
from pathlib import Path

import numpy as np

from minivit.data.dataset import Split
from minivit.data.readers.found import HIGH, LOW, Found
from minivit.data.readers.npz import Npz, open_npz
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
    with open_npz(path) as npz:
        return found_in(npz, path)


def found_in(npz: Npz, path: Path) -> Found:
    """Its images and labels, in the form that all readers give."""
    names = set(npz.names())
    train, test = (
        next((pair for pair in pairs if set(pair) <= names), None) for pairs in (TRAIN, TEST)
    )
    if train is None:
        inside = ", ".join(sorted(names)[:10]) or "no arrays"
        raise InputError(f"{path} holds {inside}: {EXPECTED}")
    images, remark = as_images(npz.array(train[0]).read(), f"{train[0]} in {path}")
    images, white, known_range = scaled(images, f"{train[0]} in {path}")
    splits = [Split(images, as_labels(npz.array(train[1]).read()))]
    if test is not None:
        tested, _ = as_images(npz.array(test[0]).read(), f"{test[0]} in {path}")
        tested = like_training_images(tested, images, known_range, f"{test[0]} in {path}")
        splits.append(Split(tested, as_labels(npz.array(test[1]).read())))
    classes = None
    if NAMES in names:
        given = npz.array(NAMES).read()
        if given.dtype.kind not in "US" or given.ndim != 1:
            raise InputError(f"{NAMES} in {path} is no array of words")
        classes = [n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in given]
    rest = sorted(names - {*train, *(test or ()), NAMES})
    left = (f"not used: {', '.join(rest)}",) if rest else ()
    return Found(*splits, class_names=classes, white=white, range=known_range,
                 remarks=(*remark, *left))  # fmt: skip


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

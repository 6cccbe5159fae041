"""CIFAR-10 and CIFAR-100: 32x32 pixels in colour, as pickles of Python or as plain bytes.

An image is 3,072 bytes: the red plane row by row, then the green one, then the blue. In the binary
version a label stands before it (CIFAR-100: the coarse label, then the fine one).
(A. Krizhevsky 2009, "Learning multiple layers of features from tiny images".)
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.data.dataset import Split
from minivit.data.readers.found import Found
from minivit.data.readers.opening import start_of, what_begins
from minivit.data.readers.pickles import read_pickle
from minivit.errors import InputError

SIDE, CHANNELS = 32, 3
PIXELS = SIDE * SIDE * CHANNELS


class Form(NamedTuple):
    """One of the four forms, and the files it consists of."""

    known: str
    train: tuple[str, ...]
    test: str
    names: str  # the file with the names of the classes
    is_binary: bool


FORMS = (
    Form("cifar10", tuple(f"data_batch_{i}" for i in range(1, 6)), "test_batch", "batches.meta",
         False),
    Form("cifar10", tuple(f"data_batch_{i}.bin" for i in range(1, 6)), "test_batch.bin",
         "batches.meta.txt", True),
    Form("cifar100", ("train.bin",), "test.bin", "fine_label_names.txt", True),
    Form("cifar100", ("train",), "test", "meta", False),
)  # fmt: skip


def form_of(folder: Path) -> Form | None:
    """The form of CIFAR that lies in a folder, or a part of it; None if there is none."""
    return next((f for f in FORMS if any((folder / name).is_file() for name in f.train)), None)


def read_cifar(folder: Path, form: Form) -> Found:
    """All images of a folder; InputError for a file that is missing, damaged, or another thing."""
    missing = [name for name in (*form.train, form.test) if not (folder / name).is_file()]
    if missing:
        raise InputError(
            f"{folder} holds a part of {form.known}: {', '.join(missing)} "
            f"{'is' if len(missing) == 1 else 'are'} missing; unpack the archive again"
        )
    read: Callable = read_binary if form.is_binary else read_batch
    parts = [read(folder / name, form) for name in form.train]
    images, labels = map(np.concatenate, zip(*parts, strict=True))
    test = Split(*read(folder / form.test, form))
    return Found(Split(images, labels), test, names_of(folder / form.names, form), form.known)


def read_binary(path: Path, form: Form) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 32, 32, 3) and labels of a file of the binary version."""
    labels = 2 if form.known == "cifar100" else 1
    size, each = path.stat().st_size, labels + PIXELS
    if not size or size % each:
        raise InputError(
            f"{path} has {size:,} bytes, which is no multiple of the {each:,} of an image: it "
            f"{what_begins(start_of(path))}; it is truncated, or no file of {form.known}"
        )
    rows = np.fromfile(path, np.uint8).reshape(-1, each)
    return as_images(rows[:, labels:]), check_labels(path, rows[:, labels - 1], form)


def read_batch(path: Path, form: Form) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 32, 32, 3) and labels of a pickle."""
    start = start_of(path)
    if not start.startswith((b"\x80", b"(")):
        raise InputError(f"{path} {what_begins(start)}; it is no pickle")
    values = read_pickle(path)
    pixels = values.get("data")
    labels = values.get("fine_labels" if form.known == "cifar100" else "labels")
    if not isinstance(pixels, np.ndarray) or pixels.ndim != 2 or pixels.shape[1] != PIXELS:
        raise InputError(f'{path} has no "data" of {PIXELS} bytes an image: get it again')
    if not isinstance(labels, list) or not all(type(label) is int for label in labels):
        raise InputError(f"{path} has no labels: get it again")
    if len(labels) != len(pixels):
        raise InputError(f"{path} has {len(pixels):,} images and {len(labels):,} labels")
    return as_images(pixels), check_labels(path, np.array(labels, object), form)


def as_images(planes: np.ndarray) -> np.ndarray:
    """planes (n, 3072), red, green, blue -> images (n, 32, 32, 3)."""
    images = planes.reshape(-1, CHANNELS, SIDE, SIDE).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images)


def check_labels(path: Path, labels: np.ndarray, form: Form) -> np.ndarray:
    """The labels as bytes; InputError for one that is no class."""
    classes = 100 if form.known == "cifar100" else 10
    if labels.min(initial=0) < 0 or labels.max(initial=0) >= classes:
        raise InputError(
            f"{path} has labels from {labels.min()} to {labels.max()}: {form.known} has those from "
            f"0 to {classes - 1}; get it again"
        )
    return labels.astype(np.uint8)


def names_of(path: Path, form: Form) -> list[str] | None:
    """The names of the classes, if the file with them is there."""
    if not path.is_file():
        return None
    if form.is_binary:
        names = path.read_text("utf-8", "replace").split()
    else:
        meta = read_pickle(path)
        names = meta.get("fine_label_names" if form.known == "cifar100" else "label_names")
    if not isinstance(names, list) or len(names) != (100 if form.known == "cifar100" else 10):
        raise InputError(f"{path} does not hold the names of {form.known}'s classes; get it again")
    return [n.decode("utf-8", "replace") if isinstance(n, bytes) else str(n) for n in names]

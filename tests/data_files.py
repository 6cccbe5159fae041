"""Small data sets in the forms in which people have them, written by hand."""

import gzip
import pickle
import struct
from pathlib import Path

import numpy as np
from PIL import Image


def idx(array: np.ndarray) -> bytes:
    """An IDX file."""
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


def write_idx(folder: Path, *, train: int = 40, test: int = 20, packed: bool = True) -> dict:
    """The four files of a set like MNIST, and what is in them; labels 0, 1, ... 9, 0, 1, ..."""
    folder.mkdir(parents=True, exist_ok=True)
    arrays, rng = {}, np.random.default_rng(0)
    for part, count in (("train", train), ("t10k", test)):
        arrays[f"{part}-images-idx3-ubyte"] = rng.integers(0, 256, (count, 28, 28), np.uint8)
        arrays[f"{part}-labels-idx1-ubyte"] = np.arange(count, dtype=np.uint8) % 10
    for name, array in arrays.items():
        content = idx(array)
        path = folder / (f"{name}.gz" if packed else name)
        path.write_bytes(gzip.compress(content) if packed else content)
    return arrays


def string(text: bytes) -> bytes:
    """A string as Python 2 pickled it."""
    if len(text) < 256:
        return b"U" + bytes([len(text)]) + text
    return b"T" + struct.pack("<i", len(text)) + text


def whole(number: int) -> bytes:
    return b"J" + struct.pack("<i", number)


def python2_array(array: np.ndarray) -> bytes:
    """An array of bytes, as NumPy 1 pickled it under Python 2."""
    shape = whole(array.shape[0]) + whole(array.shape[1]) + b"\x86"
    kind = b"cnumpy\ndtype\n" + string(b"u1") + b"K\0K\1\x87R"
    kind += b"(K\3" + string(b"|") + b"NNN" + whole(-1) + whole(-1) + b"K\0tb"
    begun = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85" + string(b"b")
    state = b"(K\1" + shape + kind + b"\x89" + string(array.tobytes()) + b"tb"
    return begun + b"\x87R" + state


def python2_pickle(values: dict) -> bytes:
    """A dictionary of strings, lists of whole numbers and of strings, and arrays of bytes."""
    found = b"\x80\2}("
    for key, value in values.items():
        found += string(key.encode())
        if isinstance(value, np.ndarray):
            found += python2_array(value)
        elif isinstance(value, list):
            entries = (whole(v) if isinstance(v, int) else string(v) for v in value)
            found += b"](" + b"".join(entries) + b"e"
        else:
            found += string(value)
    return found + b"u."


def cifar_images(count: int, seed: int = 0) -> np.ndarray:
    """(count, 32, 32, 3)."""
    return np.random.default_rng(seed).integers(0, 256, (count, 32, 32, 3), np.uint8)


def planes(images: np.ndarray) -> np.ndarray:
    """images (n, 32, 32, 3) -> (n, 3072): red, green, blue."""
    return images.transpose(0, 3, 1, 2).reshape(len(images), -1)


def write_cifar(folder: Path, *, fine: bool = False, form: str = "python2", each: int = 4):
    """CIFAR-10 or, with `fine`, CIFAR-100; returns all images and labels, test images last."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["train", "test"] if fine else [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]
    images, labels = [], []
    for number, name in enumerate(names):
        images.append(cifar_images(each, number))
        labels.append([(number + 3 * i) % (100 if fine else 10) for i in range(each)])
        rows = planes(images[-1])
        if form == "binary":
            column = np.array(labels[-1], np.uint8)[:, None]
            coarse = [np.zeros_like(column)] if fine else []
            np.hstack([*coarse, column, rows]).tofile(folder / f"{name}.bin")
            continue
        values = {
            "batch_label": b"a batch",
            "data": rows,
            "fine_labels" if fine else "labels": labels[-1],
            "filenames": [b"a.png"] * each,
        }
        if fine:
            values["coarse_labels"] = [0] * each
        if form == "python2":
            content = python2_pickle(values)
        else:
            content = pickle.dumps({key.encode(): v for key, v in values.items()}, protocol=2)
        (folder / name).write_bytes(content)
    return np.concatenate(images), np.concatenate(labels)


COLOURS = {"blue": (40, 60, 220), "green": (40, 200, 60), "red": (220, 40, 40)}


def write_pictures(folder: Path, *, each: int = 10, side: int = 20, seed: int = 0, end="png"):
    """A folder per class: noisy pictures of a colour, of `side` pixels or a little more."""
    rng = np.random.default_rng(seed)
    for name, colour in COLOURS.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        for number in range(each):
            levels = np.array(colour) + rng.integers(-30, 31, (side, side + number % 3, 3))
            picture = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
            picture.save(folder / name / f"{number:03}.{end}")

"""An .npz file of NumPy's: a zip archive with an .npy file for each array, in it a header that says
kind and shape, then the numbers.

The header is compared with the bytes that are there before anything is read. An array of Python
objects would be a pickle, and is refused.
"""

import math
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.lib import format as npy

from minivit.data.readers.opening import MOST_UNPACKED
from minivit.errors import InputError


class NpyArray(NamedTuple):
    """An array of an archive, still unread."""

    shape: tuple[int, ...]
    kind: np.dtype
    read: Callable[[], np.ndarray]


class Npz(NamedTuple):
    """An open .npz file."""

    archive: zipfile.ZipFile
    path: Path

    def names(self) -> list[str]:
        """The names of its arrays."""
        entries = self.archive.namelist()
        return [entry.removesuffix(".npy") for entry in entries if entry.endswith(".npy")]

    def array(self, name: str) -> NpyArray:
        """An array, after its header was compared with the bytes that are there."""
        entry = self.archive.getinfo(f"{name}.npy")
        with self.archive.open(entry) as file:
            version = npy.read_magic(file)
            read = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
            if version not in read:
                raise ValueError(f"{name} is of version {version[0]}.{version[1]}")
            shape, columns_first, kind = read[version](file)
            start = file.tell()
        if kind.hasobject:
            raise InputError(
                f"{name} in {self.path} is an array of Python objects, which could run a program "
                "when it is read: save it as an array of numbers, e.g. with np.stack"
            )
        count = math.prod(shape)
        claimed = start + count * kind.itemsize
        most = entry.compress_size * MOST_UNPACKED
        if claimed != entry.file_size or claimed > most:
            raise InputError(
                f"{name} in {self.path} says that it has {count:,} numbers, and the file holds "
                "another number of bytes: it is damaged; save it again"
            )
        order = "F" if columns_first else "C"
        return NpyArray(
            shape, kind, lambda: self.numbers(entry, start, kind, count).reshape(shape, order=order)
        )

    def numbers(self, entry: zipfile.ZipInfo, start: int, kind: np.dtype, count: int) -> np.ndarray:
        """The numbers (count,) of a file in the archive, which begin at this byte of it."""
        with self.archive.open(entry) as file:
            file.read(start)
            numbers = np.empty(count, kind)
            rest = memoryview(numbers.view(np.uint8)) if count and kind.itemsize else b""
            while rest and (done := file.readinto(rest)):
                rest = rest[done:]
            if rest or file.read(1):  # only at its very end is the checksum compared
                raise EOFError(f"{entry.filename.removesuffix('.npy')} ends early")
        return numbers


@contextmanager
def open_npz(path: Path) -> Iterator[Npz]:
    """An .npz file to read from. Raises InputError, also while it is read, for what is none, or
    damaged, or packed in another way.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Npz(archive, path)
    except InputError:
        raise
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, zlib.error, SyntaxError) as error:
        raise InputError(f"{path} is no whole .npz file ({error}); get or save it again") from error
    except (NotImplementedError, RuntimeError) as error:  # another packing, or a password
        raise InputError(f"{path} is packed in a way that can't be read: {error}") from error

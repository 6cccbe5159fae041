"""Reading safetensors files: the length of the header in 8 bytes, the header, then the numbers.

    {"NAME": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}, "__metadata__": {...}}

A file may be damaged, or made by somebody who means harm, so that nothing in it is believed: every
value is checked before it is used, and no more memory is taken than the file is long. We read it
ourselves because NumPy has no bfloat16 and the package's reader for NumPy fails on it, and because
a tensor that is read only where it is copied to is never in memory twice.
"""

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from minivit.errors import InputError

STORED = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # how NumPy reads the bytes
# Bytes. JSON grows up to thirtyfold when it is read; the header of H/14 with moments has 0.2 MB.
LONGEST_HEADER = 1 << 24
MOST_DIGITS = 40  # of a whole number: the state of a random generator has 39
DEEPEST = 20  # levels of lists and dictionaries within one another
MOST_AXES, MOST = 32, 1 << 60  # of a tensor's shape: how many, and their product


class Damaged(ValueError):
    """What a file holds is not what it should be; says what is wrong, but not in which file."""


@dataclass(frozen=True)
class Tensor:
    """One array of a file, still unread: `np.asarray(tensor)`, or copied with `view[...] = tensor`.

    Half precision (F16 and BF16) is widened to float32.
    """

    name: str
    kind: str  # as the file calls it: "F32"
    shape: tuple[int, ...]
    begin: int  # where its bytes lie, counted from the beginning of the file
    end: int
    file: BinaryIO
    path: Path
    advice: str = "choose an earlier checkpoint or train anew"  # if it holds NaN

    @property
    def dtype(self) -> np.dtype:
        """float64 for F64, float32 for the others in STORED; InputError for any other kind."""
        if self.kind not in STORED:
            raise InputError(
                f"{self.path} stores {self.name!r} as {self.kind}, and minivit reads "
                f"{', '.join(STORED)}; convert the file to F32"
            )
        return np.dtype(np.float64 if self.kind == "F64" else np.float32)

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        """Read it. Raises InputError for NaN and infinity, and when the file became shorter."""
        widened = self.dtype
        array = np.empty(self.shape, STORED[self.kind])
        self.file.seek(self.begin)
        if self.file.readinto(array.reshape(-1).view(np.uint8)) != self.end - self.begin:
            raise InputError(f"{self.path} became shorter while it was read; try again")
        if self.kind == "BF16":
            array = from_bfloat16(array)
        if not np.isfinite(array).all():
            raise InputError(f"{self.path} holds NaN or infinity in {self.name!r}; {self.advice}")
        return array.astype(dtype or widened, copy=False)


def from_bfloat16(bits: np.ndarray) -> np.ndarray:
    """bits (...) uint16, each the upper half of a float32 -> that float32 (...)."""
    return (bits.astype(np.uint32) << 16).view(np.float32)


def read_tensors(file: BinaryIO, path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """The tensors of an open file, unread, and the texts that its header holds besides.

    Raises InputError unless it is a whole safetensors file.
    """
    try:
        size = os.fstat(file.fileno()).st_size
        start = file.read(8)
        length = int.from_bytes(start, "little")
        if len(start) < 8 or length > size - 8:
            raise Damaged(f"its header should be {length:,} bytes long")
        if length > LONGEST_HEADER:
            raise Damaged(f"its header has {length:,} bytes, and {LONGEST_HEADER:,} are allowed")
        header = parse(file.read(length).decode())
        texts = header.pop("__metadata__", {})
        if not isinstance(texts, dict) or not all(isinstance(t, str) for t in texts.values()):
            raise Damaged("its metadata are no texts")
        tensors = {
            name: Tensor(name, *described(name, entry, 8 + length), file, path)
            for name, entry in header.items()
        }
        check_places(tensors, 8 + length, size)
    except ValueError as error:
        raise InputError(
            f"{path} is truncated or not a safetensors file ({error}); choose another checkpoint"
        ) from error
    return tensors, texts


def parse(text: str) -> dict:
    """JSON as a dictionary with numbers that a computer can hold; ValueError for anything else."""
    try:
        values = json.loads(text, parse_int=whole_number, parse_float=finite, parse_constant=finite)
    except RecursionError:  # too deep even for the parser
        raise Damaged("its lists are nested too deep") from None
    if not isinstance(values, dict):
        raise Damaged("it is no dictionary")
    if is_deeper(values, DEEPEST):
        raise Damaged("its lists are nested too deep")
    return values


def whole_number(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise Damaged(f"a number has {len(text):,} digits")
    return int(text)


def finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise Damaged("a number is NaN or infinite")
    return number


def is_deeper(value: dict | list, levels: int) -> bool:
    """Whether lists and dictionaries lie within one another on more than so many levels."""
    inner = value.values() if isinstance(value, dict) else value
    holders = [part for part in inner if isinstance(part, dict | list)]
    return bool(holders) and (levels == 1 or any(is_deeper(part, levels - 1) for part in holders))


def described(name: str, entry, first: int) -> tuple[str, tuple[int, ...], int, int]:
    """The dtype, shape, begin and end in a tensor's entry; numbers begin at byte `first`."""
    what = f"the entry of {name[:100]!r}"
    if not isinstance(entry, dict) or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise Damaged(f"{what} is not dtype, shape and data_offsets")
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not isinstance(kind, str) or len(kind) > 20:
        raise Damaged(f"{what} has no dtype")
    if not are_sizes(shape) or len(shape) > MOST_AXES or math.prod(map(one_at_least, shape)) > MOST:
        raise Damaged(f"{what} has no shape")
    if not are_sizes(offsets) or len(offsets) != 2 or offsets[0] > offsets[1]:
        raise Damaged(f"{what} has no place")
    if kind in STORED and math.prod(shape) * np.dtype(STORED[kind]).itemsize != (
        offsets[1] - offsets[0]
    ):
        raise Damaged(f"{what} has another number of bytes than its shape asks for")
    return kind, tuple(shape), first + offsets[0], first + offsets[1]


def one_at_least(size: int) -> int:
    return max(size, 1)  # NumPy refuses the shape (0, 2^70) too


def are_sizes(values) -> bool:
    """Whether it is a list of whole numbers from 0."""
    return isinstance(values, list) and all(type(v) is int and v >= 0 for v in values)


def check_places(tensors: dict[str, Tensor], first: int, size: int) -> None:
    """Damaged unless the tensors fill the file from byte `first` to its end, without a gap."""
    position = first
    for tensor in sorted(tensors.values(), key=lambda t: (t.begin, t.end)):
        if tensor.begin != position:
            raise Damaged("its tensors overlap, or leave gaps")
        position = tensor.end
    if position != size:
        raise Damaged(f"it has {size:,} bytes, and its header tells of {position:,}")

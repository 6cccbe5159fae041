"""Arrays that are made when they are needed: a model is never in memory twice."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minivit.checkpoints.tensors import Tensor, from_bfloat16
from minivit.data.readers.npz import NpyArray, open_npz
from minivit.errors import InputError


@dataclass(frozen=True)
class Made:
    """An array of known shape that `make` makes: `np.asarray(made)`."""

    shape: tuple[int, ...]
    dtype: np.dtype
    make: Callable[[], np.ndarray]

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.asarray(self.make(), dtype or self.dtype)


Arrays = dict[str, Tensor | Made]  # by their names, unread


def renamed(arrays: Iterable[tuple[str, Tensor | Made]]) -> Arrays:
    """Arrays under their new names; InputError where two have one name, as one would be lost."""
    found: Arrays = {}
    for name, array in arrays:
        if name in found:
            raise InputError(f"it has {name[:100]!r} twice, in two spellings: remove one")
        found[name] = array
    return found


def with_zero_row(positions: Tensor | Made) -> Made:
    """A table of positions (1, N, D) without a row for cls, with one of zeros: (1, N + 1, D).

    cls + 0 is cls: adding the positions before cls is put in front is the same.
    """
    one, rows, width = positions.shape
    return Made((one, rows + 1, width), positions.dtype,
                lambda: np.pad(np.asarray(positions), ((0, 0), (1, 0), (0, 0))))  # fmt: skip


@contextmanager
def npz_arrays(path: Path) -> Iterator[Arrays]:
    """Yield the arrays of an .npz file, unread; half precision is widened to float32.

    Raises InputError for PyTorch's own files, for arrays of objects, and for files that are
    damaged.
    """
    with open_npz(path) as npz:
        if any(name.endswith("data.pkl") for name in npz.archive.namelist()):
            raise InputError(
                f"{path} is a file of PyTorch's, with a pickle in it, which could run a program "
                "when it is read: convert it to safetensors"
            )
        yield {name: real(npz.array(name), name, path) for name in npz.names()}


def real(array: NpyArray, name: str, path: Path) -> Made:
    """An array of an .npz file as float32 or float64; InputError for another kind, and for NaN."""
    kind = array.kind
    is_bfloat16 = kind == np.dtype("V2")  # NumPy has no word for it
    if kind.kind not in "fiu" and not is_bfloat16:
        raise InputError(f"{path} holds {kind} in {name!r}: expected real numbers")
    dtype = np.dtype(np.float64 if kind == np.float64 else np.float32)

    def make() -> np.ndarray:
        numbers = array.read()
        if is_bfloat16:
            numbers = from_bfloat16(numbers.view(np.uint16))
        if not np.isfinite(numbers).all():
            raise InputError(f"{path} holds NaN or infinity in {name!r}; choose another checkpoint")
        return numbers.astype(dtype, copy=False)

    return Made(array.shape, dtype, make)

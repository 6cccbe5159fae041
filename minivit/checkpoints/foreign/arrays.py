"""Arrays that are made when they are needed: a model is never in memory twice."""

import zipfile
import zlib
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minivit.checkpoints.tensors import Tensor
from minivit.data.readers.arrays import NpyArray, open_npy
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


def with_zero_row(positions: Tensor | Made) -> Made:
    """A table of positions (1, N, D) without a row for cls, with one of zeros: (1, N + 1, D).

    cls + 0 is cls: adding the positions before cls is put in front is the same.
    """
    one, rows, width = positions.shape
    return Made((one, rows + 1, width), positions.dtype,
                lambda: np.pad(np.asarray(positions), ((0, 0), (1, 0), (0, 0))))  # fmt: skip


@contextmanager
def npz_arrays(path: Path):
    """Yield the arrays of an .npz file, unread; half precision is widened to float32.

    Raises InputError for arrays of objects, and for files that are damaged.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name for name in archive.namelist() if name.endswith(".npy")]
            yield {name.removesuffix(".npy"): real(open_npy(archive, name, path), name, path)
                   for name in names}  # fmt: skip
    except InputError:
        raise
    except (zipfile.BadZipFile, EOFError, KeyError, ValueError, zlib.error, SyntaxError) as error:
        raise InputError(f"{path} is no whole .npz file ({error}); get or save it again") from error
    except (NotImplementedError, RuntimeError) as error:  # another packing, or a password
        raise InputError(f"{path} is packed in a way that can't be read: {error}") from error


def real(array: NpyArray, name: str, path: Path) -> Made:
    """An array of an .npz file as float32 or float64; InputError for another kind, and for NaN."""
    kind = array.kind
    is_bfloat16 = kind == np.dtype("V2")  # NumPy has no word for it
    if kind.kind not in "fiu" and not is_bfloat16:
        raise InputError(f"{path} holds {kind} in {name!r}: expected real numbers")
    dtype = np.dtype(np.float64 if kind == np.float64 else np.float32)

    def make() -> np.ndarray:
        numbers = array.read()
        if is_bfloat16:  # the upper half of a float32
            numbers = (numbers.view(np.uint16).astype(np.uint32) << 16).view(np.float32)
        if not np.isfinite(numbers).all():
            raise InputError(f"{path} holds NaN or infinity in {name!r}; choose another checkpoint")
        return numbers.astype(dtype, copy=False)

    return Made(array.shape, dtype, make)

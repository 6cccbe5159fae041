"""The one reader of pickles there is: for CIFAR's, and it runs nothing that a file names.

A pickle is a program: it may name any function of any module, and call it. Here the names of NumPy
that CIFAR's files hold stand for harmless classes of our own, which only remember what they are
given; every other name is refused. What was remembered is then checked and made into an array.
"""

import io
import pickle
import pickletools
from pathlib import Path

import numpy as np

from minivit.data.readers.opening import content_of
from minivit.errors import InputError

LONGEST = 1 << 29  # bytes of a pickle; that of CIFAR-100 has 155 million
MEMORY = ("PUT", "BINPUT", "LONG_BINPUT")  # they give a number of their choice to a value


class Refused(Exception):
    """A pickle that asks for something else than arrays and strings."""


class ByteArray:
    """Stands for an array of NumPy's while a pickle is read: it keeps what would be its content."""

    state: tuple | None = None

    def __setstate__(self, state) -> None:
        self.state = state

    def array(self) -> np.ndarray:
        """The array of bytes; Refused when its parts don't fit together."""
        if not isinstance(self.state, tuple) or len(self.state) != 5:
            raise Refused("an array without content")
        _, shape, kind, columns_first, content = self.state
        sizes = shape if isinstance(shape, tuple) else ()
        if not isinstance(kind, Kind) or kind.name not in ("u1", b"u1", "|u1", b"|u1"):
            raise Refused("an array of something else than bytes")
        if len(sizes) not in (1, 2) or not all(type(size) is int and size >= 0 for size in sizes):
            raise Refused("an array without a shape")
        if not isinstance(content, bytes) or len(content) != np.prod(sizes, dtype=object):
            raise Refused("an array whose content does not fit its shape")
        return np.frombuffer(content, np.uint8).reshape(sizes, order="F" if columns_first else "C")


class Kind:
    """Stands for a dtype of NumPy's: it keeps its name."""

    def __init__(self, name, *rest):
        self.name = name

    def __setstate__(self, state) -> None:
        """The order of a number's bytes; a byte has none."""


class Unchanging:
    """A pickle may change whatever it can name, but not this: it has no attributes."""

    __slots__ = ()

    def __setstate__(self, state) -> None:
        """Whatever it is told, it stays what it is."""


class ArrayWithoutContent(Unchanging):
    """Stands for the function that NumPy's pickles call first."""

    __slots__ = ()

    def __call__(self, *arguments) -> ByteArray:
        return ByteArray()


class Latin1(Unchanging):
    """Stands for the function by which Python 3 writes bytes for Python 2."""

    __slots__ = ()

    def __call__(self, text, encoding="latin1") -> bytes:
        if not isinstance(text, str) or encoding not in ("latin1", b"latin1"):
            raise Refused("text in another encoding")
        return text.encode("latin1")


ADMITTED = {
    ("numpy.core.multiarray", "_reconstruct"): ArrayWithoutContent(),
    ("numpy._core.multiarray", "_reconstruct"): ArrayWithoutContent(),
    ("numpy", "ndarray"): ByteArray,
    ("numpy", "dtype"): Kind,
    ("_codecs", "encode"): Latin1(),
}


class Unpickler(pickle.Unpickler):
    """Knows the names in ADMITTED, and no other."""

    def find_class(self, module: str, name: str):
        if (module, name) not in ADMITTED:
            raise Refused(f"{module}.{name}")
        return ADMITTED[module, name]

    def persistent_load(self, identity):
        raise Refused("an object that lies elsewhere")


def read_pickle(path: Path) -> dict[str, object]:
    """A pickled dictionary of arrays, lists, strings and numbers; its keys as strings.

    Raises InputError for a file that is damaged, and for one that asks for anything else: nothing
    that it names is run.
    """
    if path.stat().st_size > LONGEST:
        raise InputError(f"{path} has more than {LONGEST:,} bytes: it is no pickle of CIFAR's")
    with content_of(path) as file:
        content = file.read(LONGEST)
    try:
        check_memory(content)
        values = Unpickler(io.BytesIO(content), encoding="bytes").load()
        if not isinstance(values, dict):
            raise Refused("something else than a dictionary")
        return {text(key): plain(value) for key, value in values.items()}
    except Refused as error:
        raise InputError(
            f"{path} is a pickle that asks for {error}: CIFAR's ask for arrays and strings alone, "
            "and a pickle that asks for more may run a program. Nothing of it was run; get the "
            "file again from a place that you trust"
        ) from error
    except MemoryError:
        raise
    except Exception as error:  # whatever the parser stumbles on
        raise InputError(
            f"{path} is no whole pickle ({type(error).__name__}: {error}); get it again"
        ) from error


def check_memory(content: bytes) -> None:
    """Refused for a number in the unpickler's memory beyond what the file can fill.

    The unpickler makes room up to the highest number, which a few bytes can put at 4 billion.
    """
    for count, (operation, argument, _) in enumerate(pickletools.genops(content)):
        if operation.name in MEMORY and argument > count:
            raise Refused(f"room for {argument:,} values")


def text(key) -> str:
    """A key of a dictionary; Python 2 wrote bytes."""
    if not isinstance(key, str | bytes):
        raise Refused("a key that is no string")
    return key.decode("latin1") if isinstance(key, bytes) else key


def plain(value):
    """An array in the place of what stands for one."""
    return value.array() if isinstance(value, ByteArray) else value

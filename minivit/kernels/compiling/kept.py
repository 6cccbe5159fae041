"""The compiled code of one function on the disk: a sealed file for each signature.

A power cut leaves files empty or halved. Numba's own cache loads them as they are, and raises or
crashes the process. Here a file is sealed with its checksum. A file whose seal is broken is
removed, and its code is compiled anew. Where no file can be written, a run goes on without.

A file's name changes with all that its code depends on and the folder's name (cache.py) does not
cover. So no two processes write different code to one file. Names don't depend on where the sources
lie: two installations of the same minivit share their files.
"""

import contextlib
import functools
import hashlib
import inspect
import os
import pickle
import sys
import threading
import warnings
from pathlib import Path

from numba.core.errors import NumbaWarning
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

from . import claims
from .passes import rebuilt

SEAL = b"minivit kernel 1\n"  # then 32 bytes of checksum, then the code
ENDING = ".kernel"

writing = threading.Lock()  # whoever ends the process at once takes it: no file stays unfinished


class KeptCode:
    """Numba asks this for a function's code before it compiles, and hands the code in afterwards.

    It takes the place of Numba's own FunctionCache.
    """

    def __init__(self, function, folder: Path, way="", waiting=contextlib.nullcontext):
        self.function, self.folder = function, folder
        self.way = way  # one function may be compiled in several, and each keeps other code
        self.waiting = waiting  # a block around the wait for another process
        self.source = _digest_of_file(inspect.getfile(function))

    @property
    def cache_path(self) -> str:
        return str(self.folder)

    def load_overload(self, signature, target):
        """The code for these types of arguments, or None."""
        # Memory for arrays; Numba would load all it knows of types besides, which takes 0.15 s and
        # only a compiler needs. That does it by itself.
        rtsys.initialize(target)
        file = self.file(signature, target.codegen())
        code = read(file)
        if code is None:
            claims.claim(file, self.waiting)
            code = read(file)  # another process may have written it meanwhile
        if code is not None:
            claims.release(file)
        return None if code is None else rebuilt(target, *pickle.loads(code))

    def save_overload(self, signature, compiled) -> None:
        file = self.file(signature, compiled.codegen)
        if compiled.lifted or compiled.library.has_dynamic_globals:
            name = self.function.__qualname__
            warnings.warn(f"{name} holds an address: its code can't be kept", NumbaWarning, 2)
        else:
            write(file, dumps(compiled._reduce()))
        claims.release(file)

    def flush(self) -> None:
        """Numba calls this to forget all. Nothing to do: what is compiled again is written over."""

    def file(self, signature, codegen) -> Path:
        depends = self.way, signature, codegen.magic_tuple(), self.source, *_written(self.function)
        name = self.function.__qualname__.replace("<", "").replace(">", "")[:80]
        digest = hashlib.sha256(repr(depends).encode()).hexdigest()
        return self.folder / f"{name}-{digest[:20]}{ENDING}"


def _written(function) -> tuple:
    """What tells the functions of one file apart: where each stands, and what it takes along."""
    cells = [cell.cell_contents for cell in function.__closure__ or ()]
    # Compiled functions have no name of their own: Numba gives them another one in each process.
    taken = [_written(c.py_func) if hasattr(c, "py_func") else dumps(c) for c in cells]
    code = function.__code__
    return function.__module__, code.co_firstlineno, code.co_code, taken


def read(file: Path) -> bytes | None:
    """The code in a file, or None; a file whose seal is broken is removed."""
    try:
        content = file.read_bytes()
    except OSError:
        return None
    seal, code = content[: len(SEAL) + 32], content[len(SEAL) + 32 :]
    if seal == SEAL + hashlib.sha256(code).digest():
        return code
    with contextlib.suppress(OSError):
        file.unlink()
    return None


def write(file: Path, code: bytes) -> None:
    """Put sealed code into a file, whole or not at all; where that can't be done, say so once."""
    unfinished = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with writing:
            unfinished.write_bytes(SEAL + hashlib.sha256(code).digest() + code)
            unfinished.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        if not file.is_file():  # else another process wrote it, and somebody is reading it
            _say_once(str(file.parent), error.strerror)


@functools.cache
def _say_once(folder: str, reason: str) -> None:
    if sys.stderr is not None:  # there is a console
        print(
            f"\rminivit: compiled kernels can't be kept in {folder} ({reason}): this run goes on "
            "without, and the next compiles them anew",
            file=sys.stderr,
        )


@functools.cache
def _digest_of_file(source: str) -> str:
    return hashlib.sha256(Path(source).read_bytes()).hexdigest()

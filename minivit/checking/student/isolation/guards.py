"""What a student's code may not do in its process, and how it shows when it was done all the same.

It starts no processes, opens no connection, and writes into its own folder alone: Python tells a
hook of ours before it does such a thing. (It may read whatever its user may.) It computes with the
NumPy and the minivit that were there before it, but not with minivit's own function for the op that
it is to write.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType

from minivit import ops

STARTS = {"os.fork", "os.forkpty", "os.exec", "os.posix_spawn", "os.spawn", "os.system",
          "os.startfile", "pty.spawn", "subprocess.Popen"}  # fmt: skip
OTHERS = {"os.kill", "os.killpg"}
NETWORK = {"socket.connect", "socket.bind", "socket.sendto", "socket.getaddrinfo"}
# The places of the paths among what an event tells.
WRITES = {"os.remove": (0,), "os.rmdir": (0,), "os.mkdir": (0,), "os.truncate": (0,),
          "os.chmod": (0,), "os.chown": (0,), "os.utime": (0,), "os.rename": (0, 1),
          "os.link": (1,), "os.symlink": (1,)}  # fmt: skip
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
WAYS = ("forward", "backward")


def forbid(folder: str) -> None:
    """From now on Python refuses, with a sentence, what a student's code may not do."""
    real, path, own = os.path.realpath, os.fspath, os.getpid()
    inside, null = real(folder) + os.sep, os.devnull

    def is_outside(name) -> bool:
        if name is None or isinstance(name, int):  # a file that is open already
            return False
        name = os.fsdecode(path(name))
        return name != null and not (real(name) + os.sep).startswith(inside)

    def hook(event: str, arguments: tuple) -> None:
        if event in STARTS:
            raise PermissionError("the code tried to start a process, which it may not do here")
        if event in NETWORK:
            raise PermissionError("the code tried to use the network, which it may not do here")
        if event in OTHERS and arguments[0] not in (own, 0):
            raise PermissionError("the code tried to signal a process that is not its own")
        writes = WRITES.get(event)
        if writes is None and event == "open" and arguments[2] & WRITING:
            writes = (0,)
        if writes and any(is_outside(arguments[i]) for i in writes):
            raise PermissionError("the code tried to change a file outside of its own folder")

    sys.addaudithook(hook)


class Watch:
    """What the public modules of NumPy and the modules of minivit hold, to see that it stays."""

    def __init__(self):
        self.modules = {
            name: (module, held(module))
            for name, module in list(sys.modules.items())
            if name.partition(".")[0] in ("numpy", "minivit") and "._" not in name and module
        }
        self.codes = {
            value: value.__code__
            for name, (_, values) in self.modules.items()
            for value in values.values()
            if name.startswith("minivit") and type(value) is FunctionType
        }

    def change(self) -> tuple[str, str] | None:
        """The first thing that is no longer what it was: ("numpy", "numpy.exp")."""
        for name, (module, values) in self.modules.items():
            house = name.partition(".")[0]
            if sys.modules.get(name) is not module:
                return house, name
            now = module.__dict__
            for word, value in values.items():
                if now.get(word, self) is not value:
                    return house, f"{name}.{word}"
        for function, code in self.codes.items():
            if function.__code__ is not code:
                return "minivit", f"{function.__module__}.{function.__name__}"
        return None


def held(module: ModuleType) -> dict:
    """The public names of a module, and what they mean."""
    return {name: value for name, value in vars(module).items() if not name.startswith("_")}


class Borrowed(Exception):
    """minivit's own function was called for the op that is under test."""


class Lender:
    """Withholds minivit's own functions of an op, while the student's are at work."""

    def __init__(self):
        self.asked_for = ""  # the function that was called all the same

    @contextmanager
    def withheld(self, op: str) -> Iterator[None]:
        """Whoever holds one of the functions, by whatever name, gets Borrowed from a call of it."""
        functions = [getattr(ops, f"{op}_{way}") for way in WAYS] if op else []
        codes = [function.__code__ for function in functions]
        stand_ins = [refusing.__code__.replace(co_name=f.__name__) for f in functions]
        for function, stand_in in zip(functions, stand_ins, strict=True):
            function.__globals__["_refused"] = self.refused
            function.__code__ = stand_in
        try:
            yield
        finally:
            for function, stand_in, code in zip(functions, stand_ins, codes, strict=True):
                if function.__code__ is not stand_in:
                    self.asked_for = function.__name__  # its code was put back to call it
                function.__code__ = code

    def refused(self, name: str):
        self.asked_for = name
        raise Borrowed(f"minivit's own {name} was called")


def refusing(*inputs, **options):
    """The body of a withheld function; it finds `_refused` in that function's module."""
    import sys

    _refused(sys._getframe().f_code.co_name)  # noqa: F821


def no_kernels() -> None:
    """minivit's compiled ops can't be imported any more: they are not what a student writes."""
    sys.modules["minivit.kernels"] = None

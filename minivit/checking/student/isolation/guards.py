"""How it shows that a student's code used what it may not.

It computes with the NumPy and the minivit that were there before it, but not with minivit's own
function for the op that it is to write.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType

from minivit import ops

WAYS = ("forward", "backward")


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

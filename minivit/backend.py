"""Which of the two runs: the mathematics (`minivit.ops`, NumPy) or the kernels (Numba).

Both offer the same coarse ops with the same signatures. A model asks `current()` once per forward
and remembers the answer in its cache, since a cache belongs to the backend that made it.
"""

import importlib
import os
import sys
from types import ModuleType

from minivit.errors import InputError

MODULES = {"numpy": "minivit.ops", "numba": "minivit.kernels"}

_name: str | None = None  # None until somebody asks


def current() -> ModuleType:
    """The module whose ops run now; what MINIVIT_BACKEND names, or NumPy, if nobody chose."""
    if _name is None:
        prefer("numpy")
    return sys.modules[MODULES[_name]]


def name() -> str:
    """ "numpy" or "numba"."""
    current()
    return _name


def use(name: str) -> "Choice":
    """Run on "numpy" or "numba" from now on, or inside a `with` block.

    Raises InputError for another name, and when Numba can't be used.
    """
    module = MODULES.get(name)
    if module is None:
        raise InputError(f'backend is {name!r}: choose "numpy" or "numba"')
    importlib.import_module(module)  # kernels raise InputError when Numba can't be used
    global _name
    choice = Choice(_name)
    _name = name
    return choice


def prefer(name: str) -> None:
    """Use `name`, unless MINIVIT_BACKEND says otherwise; without Numba, say so and use NumPy."""
    wanted = os.environ.get("MINIVIT_BACKEND") or name
    try:
        use(wanted)
    except InputError as error:
        if wanted != "numba":
            raise InputError(f"MINIVIT_BACKEND: {error}") from error
        print(f"minivit: {error}; going on with NumPy.", file=sys.stderr)
        use("numpy")


class Choice:
    """What `use` returns: leaving its `with` block brings the former backend back."""

    def __init__(self, former: str | None):
        self.former = former

    def __enter__(self) -> "Choice":
        return self

    def __exit__(self, *exception) -> None:
        global _name
        _name = self.former

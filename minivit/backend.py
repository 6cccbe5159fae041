"""Which of the two runs: the mathematics (`minivit.ops`, NumPy) or the kernels (Numba).

Both offer the same coarse ops with the same signatures. A model asks `current()` once per forward
and remembers the answer in its cache, since a cache belongs to the backend that made it.
"""

import importlib
import os
import sys
import threading
from collections.abc import Callable
from contextvars import ContextVar
from types import ModuleType

from minivit.errors import InputError

MODULES = {"numpy": "minivit.ops", "numba": "minivit.kernels"}

_default: str | None = None  # of the process: what the main thread chose
_chosen: ContextVar[str | None] = ContextVar("minivit backend", default=None)  # in this thread


def current() -> ModuleType:
    """The module whose ops run now; what MINIVIT_BACKEND names, or NumPy, if nobody chose."""
    return sys.modules[MODULES[name()]]


def name() -> str:
    """ "numpy" or "numba".

    A thread (or an asyncio task) that has chosen none begins with that of the main thread, and
    keeps it: nobody is switched by what another one chooses.
    """
    chosen = _chosen.get()
    if chosen is None:
        if _default is None:
            prefer("numpy")
        else:
            _chosen.set(_default)
        chosen = _chosen.get()
    return chosen


def use(name: str, *, matmul: str | None = None) -> "Choice":
    """Run on "numpy" or "numba" from now on, or inside a `with` block, in this thread.

    Other threads stay with what they run. Those that begin later run what the main thread chose
    outside of `with` blocks. The matrix product is that of the process.

    matmul: whose matrix product the kernels take, "numba" (their own), "blas" (NumPy's) or "auto";
    if it is left out, as before: what MINIVIT_MATMUL says, or the default (which
    kernels/product/choice.py explains).
    Raises InputError for another name, and when Numba can't be used.
    """
    global _default
    if name not in MODULES:
        raise InputError(f'backend is {name!r}: choose "numpy" or "numba"')
    if name == "numpy" and matmul is not None:
        raise InputError(
            f'matmul is {matmul!r}, and the "numpy" backend always multiplies with NumPy\'s BLAS; '
            'leave it out, or use the "numba" backend'
        )
    load(name)
    take_back = _choose_product(matmul) if name == "numba" else None
    choice = Choice(_chosen.get(), _default, take_back)
    _chosen.set(name)
    if threading.current_thread() is threading.main_thread():
        _default = name
    return choice


def _choose_product(matmul: str | None) -> Callable[[], object] | None:
    """Hand the word on to the kernels; returns what takes it back."""
    product = sys.modules.get("minivit.kernels.product.choice")
    if product is None:  # a stand-in for the kernels
        return None
    if matmul is None:
        product.asked()  # InputError now, not in the middle of a training
        return None
    former = product.choose(matmul)
    return lambda: product.choose(former)


def load(name: str) -> ModuleType:
    """Import a backend; InputError, caused by the ImportError, when that can't be."""
    try:
        return importlib.import_module(MODULES[name])
    except (ImportError, OSError) as error:  # OSError: a library that llvmlite cannot load
        raise InputError(
            f"the Numba backend can't be used here ({error}); install a Numba that knows this "
            'NumPy, or use the "numpy" backend'
        ) from error


def prefer(name: str) -> None:
    """Use `name`, unless MINIVIT_BACKEND says otherwise; without Numba, say so and use NumPy."""
    wanted = os.environ.get("MINIVIT_BACKEND") or name
    if wanted not in MODULES:
        raise InputError(
            f'MINIVIT_BACKEND: backend is {wanted!r}: choose "numpy" or "numba", or leave it unset'
        )
    try:
        load(wanted)
    except InputError as error:
        if not isinstance(error.__cause__, (ImportError, OSError)):
            raise  # a variable that says nonsense
        if sys.stderr is not None:  # there is a console
            print(f"minivit: {error}; going on with NumPy.", file=sys.stderr)
        wanted = "numpy"
    use(wanted)


class Choice:
    """What `use` returns: leaving its `with` block brings the former backend and product back."""

    def __init__(
        self,
        former: str | None,
        default: str | None,
        take_back: Callable[[], object] | None = None,
    ):
        self.former, self.default, self.take_back = former, default, take_back

    def __enter__(self) -> "Choice":
        self._default_as_before()  # a block is no choice for threads that begin meanwhile
        return self

    def __exit__(self, *exception) -> None:
        _chosen.set(self.former)
        self._default_as_before()
        if self.take_back is not None:
            self.take_back()

    def _default_as_before(self) -> None:
        global _default
        if threading.current_thread() is threading.main_thread():
            _default = self.default

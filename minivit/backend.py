"""Which backend runs: the mathematics (`minivit.ops`, NumPy) or `minivit.kernels` (Numba).

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
    """The module whose ops run now: what was chosen, else MINIVIT_BACKEND's, else NumPy's."""
    return sys.modules[MODULES[name()]]


def name() -> str:
    """ "numpy" or "numba".

    A thread (or an asyncio task) that has not chosen takes the main thread's backend on first use,
    and keeps it: a choice in one thread switches no other.
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

    Other threads keep their backend. Those that begin later take what the main thread chose
    outside of `with` blocks. The matrix product is one for all threads.

    matmul: whose matrix product the kernels take, "numba" (their own), "blas" (NumPy's) or "auto";
    if it is left out, what was chosen before, else what MINIVIT_MATMUL says, else the default
    (kernels/product/choice.py explains it).
    Raises InputError for another name, a `matmul` with "numpy", and when Numba can't be used.
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
    """Tell the kernels whose product to take; returns a function that undoes it, or None."""
    product = sys.modules.get("minivit.kernels.product.choice")
    if product is None:  # a stand-in for the kernels
        return None
    if matmul is None:
        product.asked()  # InputError now, not in the middle of a training
        return None
    former = product.choose(matmul)
    return lambda: product.choose(former)


def load(name: str) -> ModuleType:
    """Import a backend; InputError, with the import's error as its cause, when that fails."""
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
            raise  # an environment variable has a wrong value
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
        self._default_as_before()  # threads that begin meanwhile don't take the block's choice
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

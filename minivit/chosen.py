"""What was chosen in this thread: the backend, and the precision of its matrix products.

A thread (or an asyncio task) that has not chosen takes the main thread's choice on first use, and
keeps it: a choice in one thread changes no other. `minivit.use` chooses (backend.py).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple


class Chosen(NamedTuple):
    backend: str  # "numpy" or "numba"
    precision: str = "float32"  # of the operands of matrix products: "float32" or "bf16"
    emulate: bool = False  # round to bf16, and multiply in float32


_default: Chosen | None = None  # of the process: what the main thread chose
_chosen: ContextVar[Chosen | None] = ContextVar("minivit's choice", default=None)  # in this thread


def now() -> Chosen | None:
    """This thread's choice; None if neither it nor the main thread has chosen."""
    chosen = _chosen.get()
    if chosen is None and _default is not None:
        chosen = _default
        _chosen.set(chosen)
    return chosen


def rounds_products() -> bool:
    """Whether matrix products round their operands to bfloat16."""
    chosen = now()
    return chosen is not None and chosen.precision == "bf16"


def choose(chosen: Chosen) -> tuple[Chosen | None, Chosen | None]:
    """Choose in this thread; in the main thread also for threads that begin later.

    Returns what was there before, for `put_back`.
    """
    former = _chosen.get(), _default
    _chosen.set(chosen)
    set_default(chosen)
    return former


def put_back(former: tuple[Chosen | None, Chosen | None]) -> None:
    """Undo `choose`."""
    chosen, default = former
    _chosen.set(chosen)
    set_default(default)


def set_default(chosen: Chosen | None) -> None:
    """What threads that begin later take; only the main thread decides it."""
    global _default
    if threading.current_thread() is threading.main_thread():
        _default = chosen


# Whether a backward may follow; and what kernels have made of weights that stay as they are.
_keeps: ContextVar[bool] = ContextVar("whether caches are kept", default=True)
_made: ContextVar[dict | None] = ContextVar("made of weights", default=None)


def keeps_caches() -> bool:
    """Whether a backward may follow a forward: False in `keeping_nothing`."""
    return _keeps.get()


@contextmanager
def keeping_nothing() -> Iterator[None]:
    """Inside, no backward follows: a kernel need not write what only a backward reads."""
    token = _keeps.set(False)
    try:
        yield
    finally:
        _keeps.reset(token)


def made_of_weights() -> dict | None:
    """Where kernels keep what they have made of weights; None outside of `weights_stay`."""
    return _made.get()


@contextmanager
def weights_stay() -> Iterator[None]:
    """Inside, no parameter changes: what kernels make of a weight (they pack it) is made once."""
    token = _made.set({} if _made.get() is None else _made.get())
    try:
        yield
    finally:
        _made.reset(token)

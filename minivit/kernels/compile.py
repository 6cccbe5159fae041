"""How every kernel is compiled and entered: one place for the flags, the cache, the lock.

`jit` is for the serial pieces, `parallel_jit` for the kernels that Python calls. A parallel kernel
is entered by one Python thread at a time, since two of Numba's thread pools abort the process when
two enter; for the same reason a process that was forked after a kernel ran may run none.
"""

import contextlib
import functools
import os
import sys
import threading

from minivit.errors import InputError
from minivit.threads import thread_count

if "numba" not in sys.modules:  # Numba reads it once
    os.environ.setdefault("NUMBA_NUM_THREADS", str(thread_count()))

try:
    import numba
except ImportError as error:
    raise InputError(
        f"the Numba backend can't be used here ({error}); install a Numba that knows this NumPy, "
        'or use the "numpy" backend'
    ) from error
from numba.core import event

from .cache import cache_folder
from .memory import keep_freed_memory

# Named one by one, and none that assumes away NaN or infinity: fastmath=True would.
FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}
CACHE = cache_folder()

kernels: list[str] = []  # the parallel kernels of a training step, by name
_lock = threading.RLock()
_state = {"ran": False, "forked": False}


def jit(function=None, *, fastmath=FAST_MATH, inline="never"):
    """Compile a serial piece, which a kernel calls."""
    decorate = functools.partial(_compiled, fastmath=fastmath, inline=inline, nogil=True)
    return decorate if function is None else decorate(function)


def parallel_jit(function=None, *, fastmath=FAST_MATH, small_op=False):
    """Compile a kernel; `small_op` says that a training step does without it."""
    if function is None:
        return functools.partial(parallel_jit, fastmath=fastmath, small_op=small_op)
    if not small_op:
        kernels.append(function.__name__)
    compiled = _compiled(function, fastmath=fastmath, parallel=True, nogil=True)

    @functools.wraps(function)
    def locked(*arguments):
        with _lock:
            if _state["forked"]:
                raise InputError(
                    "this process was forked from one in which kernels had run, and their threads "
                    "did not come along: start it with multiprocessing's method 'spawn', or use "
                    'the "numpy" backend in it'
                )
            _state["ran"] = True
            return compiled(*arguments)

    locked.compiled = compiled
    return locked


def address_of(function, *argument_types, fastmath=FAST_MATH):
    """Compile a plain function of these Numba types, which returns nothing, and say where it lies.

    Numba links a callee's code into its caller and optimises both anew; what a parallel kernel
    calls is compiled five times over. A kernel that is only a loop, and calls its body by address
    (`simd.call`), compiles in a third of the time. With the JIT off: the function itself.
    """
    if numba.config.DISABLE_JIT:
        return function
    signature = numba.types.void(*argument_types)
    with _our_cache() as cache:
        decorate = numba.cfunc(
            signature, nopython=True, cache=cache, error_model="numpy", fastmath=fastmath
        )
        return decorate(function).address


def _compiled(function, **options):
    with _our_cache() as cache:
        return numba.njit(function, cache=cache, error_model="numpy", **options)


@contextlib.contextmanager
def _our_cache():
    """Whether to cache; what is decorated inside does so in our folder, others keep their own."""
    former, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(CACHE or "")
    try:
        yield CACHE is not None
    finally:
        numba.config.CACHE_DIR = former


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it
    _state["forked"] = _state["ran"]


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)


class _Announcer(event.Listener):
    """Says that kernels are being compiled, while they are: it takes some seconds in all."""

    def __init__(self):
        self.depth, self.done, self.shown = 0, 0, False

    def on_start(self, compilation):
        self.depth += 1
        if self.depth == 1 and self._is_ours(compilation):
            number = min(self.done + 1, len(kernels))
            text = f"minivit: compiling kernels ({number} of {len(kernels)}), once per machine"
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{text}")
            elif not self.shown:
                sys.stderr.write(f"{text}\n")
            sys.stderr.flush()
            self.shown = True

    def on_end(self, compilation):
        self.depth -= 1
        if self.depth == 0 and self._is_ours(compilation):
            self.done += compilation.data["dispatcher"].py_func.__name__ in kernels
            if sys.stderr.isatty():
                sys.stderr.write("\r\033[K")
                sys.stderr.flush()

    @staticmethod
    def _is_ours(compilation) -> bool:
        return compilation.data["dispatcher"].py_func.__module__.startswith(__package__)


event.register("numba:compile", _Announcer())
keep_freed_memory()

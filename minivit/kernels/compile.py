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
    if os.environ.get("MINIVIT_NUM_THREADS"):
        os.environ["NUMBA_NUM_THREADS"] = str(thread_count())
    os.environ.setdefault("NUMBA_NUM_THREADS", str(thread_count()))

import numba
import numba.np.ufunc.parallel
from numba.core.ccallback import CFunc
from numpy import ndarray

from .announce import PACKAGE, Announcer
from .cache import cache_folder, file_names_of_our_own
from .memory import keep_freed_memory
from .waiting import load_openmp

# Named one by one, and none that assumes away NaN or infinity: fastmath=True would.
FAST_MATH = {"contract", "reassoc", "nsz", "arcp"}
CACHE = cache_folder()

kernels: dict = {}  # the parallel kernels of a training step: name -> Numba's dispatcher
_lock = threading.RLock()
_state = {"ran": False, "forked": False}
_bodies: list = []  # what `address_of` compiled, so that it stays where it lies
_announcer = Announcer(kernels, "once per machine" if CACHE else "which no cache will keep")


def jit(function=None, *, fastmath=FAST_MATH, inline="never"):
    """Compile a serial piece, which a kernel calls."""
    decorate = functools.partial(_compiled, fastmath=fastmath, inline=inline, nogil=True)
    return decorate if function is None else decorate(function)


def parallel_jit(function=None, *, fastmath=FAST_MATH, small_op=False):
    """Compile a kernel; `small_op` says that a training step does without it."""
    if function is None:
        return functools.partial(parallel_jit, fastmath=fastmath, small_op=small_op)
    compiled = _compiled(function, fastmath=fastmath, parallel=True, nogil=True)
    if function.__module__.startswith(PACKAGE) and not small_op:
        kernels[function.__name__] = compiled

    @functools.wraps(function)
    def locked(*arguments):
        with _lock:
            if _state["forked"]:
                raise InputError(
                    "this process was forked from one in which kernels had run, and their "
                    "threads did not come along: start it with multiprocessing's method 'spawn', "
                    'or use the "numpy" backend in it'
                )
            if not _state["ran"]:
                _keep_to_our_threads()
            _state["ran"] = True
            return compiled(*_writeable(arguments))

    locked.compiled = compiled
    return locked


def jit_is_off() -> bool:
    """Whether kernels run as plain Python, for a debugger to step through (NUMBA_DISABLE_JIT)."""
    return bool(numba.config.DISABLE_JIT)


def _writeable(arguments):
    """The arguments, with copies of read-only arrays: Numba would compile all anew for their type.

    They are inputs: what a kernel changes is either new, or seen to be writeable before.
    """
    last = None
    for x in arguments:
        if type(x) is ndarray and x is not last:  # one array often stands in for the next few
            if not x.flags.writeable:
                return [
                    x.copy() if type(x) is ndarray and not x.flags.writeable else x
                    for x in arguments
                ]
            last = x
    return arguments


def _keep_to_our_threads():
    """Where Numba had been imported before us, with another number of threads in mind."""
    if os.environ.get("MINIVIT_NUM_THREADS") and thread_count() < numba.config.NUMBA_NUM_THREADS:
        numba.set_num_threads(thread_count())


def address_of(function, *argument_types, allocates=False, fastmath=FAST_MATH):
    """Compile a plain function of these Numba types, which returns nothing, and say where it lies.

    Numba links a callee's code into its caller and optimises both anew; what a parallel kernel
    calls is compiled five times over. A kernel that is only a loop, and calls its body by address
    (`simd.call`), compiles in a third of the time. With the JIT off: the function itself.

    Unless it allocates arrays, it is compiled without Numba's counting of references to them:
    atomic additions, which cost a small matrix more than its product.
    """
    if jit_is_off():
        return function
    signature = (argument_types, numba.types.void)
    options = {"nopython": True, "error_model": "numpy", "fastmath": fastmath, "_nrt": allocates}
    with _lock, _announcer.body():
        body = CFunc(function, signature, locals={}, options=options)
        _cached(body)
        body.compile()
    _bodies.append(body)
    return body.address


def layer_and_threads() -> tuple[str, int]:
    """Which of Numba's thread pools runs ("none yet" before the first kernel), and how wide."""
    try:
        layer = numba.threading_layer()
    except ValueError:
        layer = "none yet"
    return layer, numba.get_num_threads()


def _compiled(function, **options):
    compiled = numba.njit(function, error_model="numpy", **options)
    return compiled if jit_is_off() else _cached(compiled)


def _cached(compiled):
    """Keep its code in our folder; what others compile goes where it always did."""
    if CACHE is not None:
        with _our_cache():
            compiled.enable_caching()
        file_names_of_our_own(compiled)
    return compiled


@contextlib.contextmanager
def _our_cache():
    former, numba.config.CACHE_DIR = numba.config.CACHE_DIR, str(CACHE)
    try:
        yield
    finally:
        numba.config.CACHE_DIR = former


def _after_fork() -> None:
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it
    _state["forked"] = _state["ran"] or getattr(numba.np.ufunc.parallel, "_is_initialized", False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)

keep_freed_memory()
load_openmp()

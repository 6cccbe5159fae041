"""The way into a parallel kernel: one Python thread at a time, and none in a forked process.

Two of Numba's thread pools abort the process when two threads enter at once. A fork copies one
thread only: in the child the pool's threads are missing, and a kernel would wait for them forever.
"""

import functools
import os
import threading

import numba
import numba.np.ufunc.parallel

from minivit.errors import InputError
from minivit.threads import thread_count

_lock = threading.RLock()
_state = {"ran": False, "forked": False}


def guarded(function, compiled):
    """A Python function that runs `compiled` while no other Python thread runs a kernel."""

    @functools.wraps(function)
    def entered(*arguments):
        with _lock:
            if _state["forked"]:
                raise InputError(
                    "this process was forked from one in which kernels had run, and their "
                    "threads did not come along: start it with multiprocessing's method 'spawn', "
                    'or use the "numpy" backend in it'
                )
            if not _state["ran"]:
                _start_threads()
                _keep_to_our_threads()
            _state["ran"] = True
            return compiled(*arguments)

    entered.compiled = compiled
    return entered


def alone():
    """The lock: while it is held no other thread enters a kernel."""
    return _lock


def _start_threads():
    """Start Numba's threads; InputError where its variables ask for a thread pool it hasn't."""
    try:
        numba.get_num_threads()  # starts them
    except ValueError as error:
        reason = str(error).splitlines()[0].rstrip(".")
        raise InputError(
            f"Numba can't start its threads ({reason}): unset NUMBA_THREADING_LAYER and "
            "NUMBA_THREADING_LAYER_PRIORITY, or choose the layer workqueue, which is everywhere"
        ) from error


def _keep_to_our_threads():
    """Use MINIVIT_NUM_THREADS where Numba was imported before us, with more threads."""
    if os.environ.get("MINIVIT_NUM_THREADS") and thread_count() < numba.config.NUMBA_NUM_THREADS:
        numba.set_num_threads(thread_count())


def layer_and_threads() -> tuple[str, int]:
    """Which of Numba's thread pools runs ("none yet" before the first kernel), and its threads."""
    try:
        layer = numba.threading_layer()
    except ValueError:
        layer = "none yet"
    return layer, numba.get_num_threads()


def after_fork() -> None:
    """In the child: note whether the parent had started Numba's threads, for a kernel or others."""
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it
    _state["forked"] = _state["ran"] or getattr(numba.np.ufunc.parallel, "_is_initialized", False)

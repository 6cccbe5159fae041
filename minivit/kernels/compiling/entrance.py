"""The way into a parallel kernel: one Python thread at a time, and none in a forked process.

Two of Numba's thread pools abort the process when two threads enter at once. A fork copies one
thread only: in the child the pool's other threads are missing, and a kernel would wait for them.
"""

import os
import threading

import numba
import numba.np.ufunc.parallel
from numpy import ndarray

from minivit.errors import InputError
from minivit.threads import thread_count

_lock = threading.RLock()
_state = {"ran": False, "forked": False}


def enter(compiled, arguments):
    """Run a compiled kernel while no other thread of this process does."""
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


def alone():
    """The lock: while it is held no other thread enters a kernel."""
    return _lock


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


def layer_and_threads() -> tuple[str, int]:
    """Which of Numba's thread pools runs ("none yet" before the first kernel), and how wide."""
    try:
        layer = numba.threading_layer()
    except ValueError:
        layer = "none yet"
    return layer, numba.get_num_threads()


def after_fork() -> None:
    """In the child: parallel code has run if a kernel has, or anything else of Numba's."""
    global _lock
    _lock = threading.RLock()  # another thread of the parent may have held it
    _state["forked"] = _state["ran"] or getattr(numba.np.ufunc.parallel, "_is_initialized", False)

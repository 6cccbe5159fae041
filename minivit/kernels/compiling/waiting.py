"""A thread without work spins for about 60 microseconds before it sleeps.

A thread that has finished its share of the work waits for the next one. GNU's OpenMP lets it spin
for about 8 milliseconds, and a spinning thread keeps its processor. If another thread or another
program needs that processor, it loses those milliseconds, again and again. A sleeping thread frees
its processor, but takes long to wake, above all on a virtual machine. Of two threads that share the
work one is always a little behind, so a short spin pays.

Seconds that an epoch of the digits took on two processors (GOMP_SPINCOUNT=... minivit train,
medians; with two runs at once, each takes 0.40 at best):

    rounds of spinning   300   1,000   2,000   4,000   300,000
    one run alone       0.37    0.22    0.20    0.21      0.20
    two runs at once    0.39    0.49    0.65    0.97      1.37
"""

import importlib
import os

VARIABLE = "GOMP_SPINCOUNT"
ROUNDS = "2000"  # about 60 microseconds: a thread is seldom further behind the other
OTHERS = (VARIABLE, "OMP_WAIT_POLICY")  # if the user has set one of them, it stays


def load_openmp() -> None:
    """Load OpenMP, which reads the variable once, now. Child processes don't inherit it."""
    if any(name in os.environ for name in OTHERS):
        return
    os.environ[VARIABLE] = ROUNDS
    try:
        importlib.import_module("numba.np.ufunc.omppool")
    except ImportError:  # this Numba has another thread pool
        pass
    finally:
        del os.environ[VARIABLE]

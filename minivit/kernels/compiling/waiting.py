"""How long a thread without work stays awake before it sleeps: some 60 microseconds.

A thread that is done with its share waits for the next one. GNU's OpenMP lets it spin for some 8
milliseconds, and a spinning thread keeps its processor. If the thread that it waits for needs that
processor, or another program does, both lose those milliseconds, again and again. A sleeping thread
gives its processor away, but takes long to wake, above all on a virtual machine. And of two threads
that share the work, one is always a little behind: so waiting for a short while pays.

Seconds that an epoch of the digits took on two processors (GOMP_SPINCOUNT=... minivit train,
medians; of two runs at once each could take 0.40 at best):

    rounds of spinning   300   1,000   2,000   4,000   300,000
    one run alone       0.37    0.22    0.20    0.21      0.20
    two runs at once    0.39    0.49    0.65    0.97      1.37
"""

import importlib
import os

VARIABLE = "GOMP_SPINCOUNT"
ROUNDS = "2000"  # some 60 microseconds: one thread is usually no further behind the other
OTHERS = (VARIABLE, "OMP_WAIT_POLICY")  # who has set one of them wants it so


def load_openmp() -> None:
    """Load OpenMP, which reads the variable once, now. Programs that we start do not inherit it."""
    if any(name in os.environ for name in OTHERS):
        return
    os.environ[VARIABLE] = ROUNDS
    try:
        importlib.import_module("numba.np.ufunc.omppool")
    except ImportError:  # this Numba runs on another thread pool
        pass
    finally:
        del os.environ[VARIABLE]

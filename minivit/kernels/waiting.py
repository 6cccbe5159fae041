"""How long a thread that has done its share looks out for the next one before it sleeps.

GNU's OpenMP looks for some 8 milliseconds by default. If two of our threads have landed on one
processor, or share it with another program, the one keeps the other from what it is waiting for,
all that time and again and again. A thread that sleeps lets the other go on, but is woken slowly,
above all on a virtual machine; and one of two that share the work is always a little behind.
Seconds that an epoch of the digits took on two processors (GOMP_SPINCOUNT=... minivit train,
medians; two runs at once could each take 0.40 at best):

    rounds               300   1,000   2,000   4,000   300,000
    one run alone       0.37    0.22    0.20    0.21      0.20
    two runs at once    0.39    0.49    0.65    0.97      1.37
"""

import importlib
import os

VARIABLE = "GOMP_SPINCOUNT"
ROUNDS = "2000"  # some 60 microseconds: as long as one thread is usually behind the other
OTHERS = (VARIABLE, "OMP_WAIT_POLICY")  # whoever has set one of them has thought about it


def load_openmp() -> None:
    """Load the library, which reads its variable now; programs that we start don't inherit it."""
    if any(name in os.environ for name in OTHERS):
        return
    os.environ[VARIABLE] = ROUNDS
    try:
        importlib.import_module("numba.np.ufunc.omppool")
    except ImportError:  # this Numba runs on another thread pool
        pass
    finally:
        del os.environ[VARIABLE]

"""How long a thread that has done its share looks out for the next one before it sleeps.

GNU's OpenMP looks for some 8 milliseconds by default. If two of our threads have landed on one
processor, the one keeps the other from what it is waiting for, all that time and again and again.
On two processors an epoch of the digits took 0.18 s with 300,000 rounds, 0.20 s with 1,000 and
0.30 s with 300 while the machine was free; while others used it too, 1.6 to 5 s, 0.5 to 0.9 s and
0.4 to 0.7 s. A thread that sleeps is woken on a processor that is free.
"""

import importlib
import os

VARIABLE = "GOMP_SPINCOUNT"
ROUNDS = "1000"  # some 30 microseconds: longer than most gaps between two kernels
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

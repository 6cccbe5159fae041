"""How long a thread that has done its share looks out for the next one before it sleeps.

GNU's OpenMP looks for some 8 milliseconds by default. If two of our threads have landed on one
processor, or share it with another program, the one keeps the other from what it is waiting for,
all that time and again and again. A thread that sleeps lets the other go on, but is woken slowly,
above all on a virtual machine; and one of two that share the work is always a little behind.
A training step of the digits, in milliseconds on two processors (means):

    rounds                                   1,000   4,000   10,000   300,000
    the machine is free                       15.5    13.7     13.8      13.9
    another program keeps one of them busy    30.2    40.9     64.7      54.9
"""

import importlib
import os

VARIABLE = "GOMP_SPINCOUNT"
ROUNDS = "4000"  # some 0.1 milliseconds: longer than one is usually behind the other
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

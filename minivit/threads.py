"""How many threads the linear algebra may use, and a wait until they sleep.

NumPy's BLAS reads its thread count once, when NumPy is first imported. Another count must be set
before: the command line does so, from --threads or MINIVIT_NUM_THREADS.
"""

import os
import sys
import time

from minivit.errors import InputError
from minivit.processes import launcher_binds, started_here

BLAS_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS")
ACCELERATE_VARIABLE = "VECLIB_MAXIMUM_THREADS"
LOOK = 0.01  # seconds between two looks at what the threads are doing
PATIENCE = 50  # looks at most: some pools are told to stay awake for ever


def available_threads() -> int:
    """The number of processors that this process may run on."""
    return len(processors()) or os.cpu_count() or 1


def processors() -> list[int]:
    """Which they are; an empty list where the system does not say."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


def most_threads() -> int:
    """The largest count allowed: hundreds of threads per processor crawl, thousands crash."""
    return max(64, 4 * available_threads())


def thread_count() -> int:
    """What MINIVIT_NUM_THREADS says, or `own_threads`; InputError for a wrong number."""
    given = os.environ.get("MINIVIT_NUM_THREADS")
    return checked("MINIVIT_NUM_THREADS", given) if given else own_threads()


def own_threads() -> int:
    """The number of processors that are this process's own.

    Processes that an MPI launcher has started share those of their machine. A launcher that binds
    may have given each its own.
    """
    all_here = (os.cpu_count() or 1) if launcher_binds() else available_threads()
    return min(available_threads(), max(1, all_here // started_here()))


def bound_to_one() -> str | None:
    """A warning when Open MPI holds this process to one processor of several, else None."""
    cores = os.cpu_count() or 1
    shared = max(1, cores // started_here())
    if "OMPI_COMM_WORLD_SIZE" not in os.environ or available_threads() > 1 or shared == 1:
        return None
    return (
        f"Open MPI holds each process to 1 of {cores} processors, and {shared} threads each would "
        "find room: run mpiexec with --bind-to none"
    )


def checked(name: str, given: str) -> int:
    """The thread count that a variable or an option gives; InputError unless it is a valid one."""
    # No number of threads has ten digits, and int() refuses thousands of them.
    count = int(given) if given.isascii() and given.isdigit() and len(given) < 10 else 0
    if not 1 <= count <= most_threads():
        processors = available_threads()
        raise InputError(
            f"{name} is {given!r}: expected a whole number from 1 to {most_threads()}, e.g. "
            f"{processors}, the processors that this process may use"
        )
    return count


def crowded(count: int) -> str | None:
    """A warning when there are more threads than processors, else None."""
    processors = available_threads()
    if count <= processors:
        return None
    here = "1 processor" if processors == 1 else f"{processors} processors"
    return f"{count} threads share {here} and wait for each other; {processors} would be faster"


def set_threads(count: int) -> None:
    """Set the thread count of this process, before NumPy is imported.

    Raises InputError for a count that is too large, and when NumPy is loaded already, with another
    count.
    """
    checked("--threads", str(count))
    os.environ["MINIVIT_NUM_THREADS"] = str(count)
    if "numpy" in sys.modules:
        if os.environ.get(BLAS_VARIABLES[0], str(available_threads())) != str(count):
            raise InputError(
                f"{count} threads were asked for after NumPy had started its own; set "
                f"MINIVIT_NUM_THREADS={count} before Python starts"
            )
        return
    for variable in (*BLAS_VARIABLES, ACCELERATE_VARIABLE):
        os.environ[variable] = str(count)


def fall_asleep() -> None:
    """Wait until the threads of this process have stopped looking for work.

    A pool without work spins before it sleeps (OpenBLAS for a tenth of a second), and would take
    processors from whatever is timed next.
    """
    for _ in range(PATIENCE):
        used = time.process_time()
        time.sleep(LOOK)
        if time.process_time() - used < LOOK / 10:
            return

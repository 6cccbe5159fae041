"""MPI, through mpi4py, which is imported only where a launcher has started several processes."""

import os
import sys
import time
from contextlib import suppress

from minivit.errors import InputError
from minivit.processes import started

# Seconds between the last words and the end: MPICH's mpiexec does not read what was written just
# before, and lost one sentence in twenty.
UNTIL_READ = 0.1


def communicator():
    """All processes, as mpi4py has them; InputError without mpi4py, or without an MPI."""
    if "OMPI_COMM_WORLD_SIZE" in os.environ:  # else mpi4py takes MPICH's library, if that is there
        os.environ.setdefault("MPI4PY_MPIABI", "openmpi")
    try:
        from mpi4py import MPI
    except ModuleNotFoundError as error:
        raise InputError(
            f"{started()} processes were started together, and mpi4py is missing, by which they "
            "find each other: pip install 'minivit[mpi]'"
        ) from error
    except (ImportError, RuntimeError, OSError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise InputError(
            f"mpi4py finds no MPI library ({reason}): pip install mpich, or install Open MPI"
        ) from error
    return MPI.COMM_WORLD


def library() -> str:
    """The MPI that runs: its name and version."""
    from mpi4py import MPI

    return MPI.Get_library_version().split(",")[0].split("\n")[0].strip("\x00")


def runs() -> bool:
    """Whether the processes know of each other."""
    found = sys.modules.get("mpi4py.MPI")
    return found is not None and found.Is_initialized() and not found.Is_finalized()


def end() -> None:
    """Leave the others in peace, whatever exit code follows; nothing of MPI works after it."""
    if runs():
        sys.modules["mpi4py.MPI"].Finalize()


def end_all(code: int) -> None:
    """End all processes with an exit code, once what was said has been written."""
    if runs():
        with suppress(OSError):
            sys.stdout.flush()
        time.sleep(UNTIL_READ)
        sys.modules["mpi4py.MPI"].COMM_WORLD.Abort(code)

"""How many processes an MPI launcher has started together, and how one's fault is everybody's.

The environment tells, before NumPy or MPI is imported: cores are shared out among the processes of
a machine, and without a launcher nothing of MPI is ever imported.
"""

import copy
import os
import re
from collections.abc import Callable
from typing import TypeVar

from minivit.errors import InputError

Made = TypeVar("Made")

# Of MPICH's mpiexec, of Open MPI's, and of Slurm's srun.
STARTED = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS")
HERE = ("MPI_LOCALNRANKS", "OMPI_COMM_WORLD_LOCAL_SIZE", "SLURM_STEP_TASKS_PER_NODE")
NUMBER = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "SLURM_PROCID")
NUMBER_HERE = ("MPI_LOCALRANKID", "OMPI_COMM_WORLD_LOCAL_RANK", "SLURM_LOCALID")


def started() -> int:
    """Processes in all; 1 without a launcher."""
    return max(1, told(STARTED))


def started_here() -> int:
    """Those on this machine."""
    return max(1, told(HERE)) if started() > 1 else 1


def launcher_binds() -> bool:
    """Whether the launcher may have bound each process to its own processors: not MPICH's."""
    return started() > 1 and "MPI_LOCALNRANKS" not in os.environ


def own_number() -> int:
    """Which of them this one is, from 0."""
    return told(NUMBER) if started() > 1 else 0


def own_number_here() -> int:
    """Which one of those on this machine, from 0."""
    return told(NUMBER_HERE) if started() > 1 else 0


def told(names: tuple[str, ...]) -> int:
    """The first of these variables that begins with a whole number; 0 where there is none.

    Slurm writes "4,2(x3)" for 4 processes on the first machine and 2 on each of three others. The
    first is asked: a launcher gives it most.
    """
    for name in names:
        if number := re.match(r"[0-9]{1,9}(?=$|[(,])", os.environ.get(name, "")):
            return int(number[0])
    return 0


def together(make: Callable[[], Made], gather: Callable[[object], list]) -> Made:
    """What `make` gives in this process. Bad input, a file that fails, a lack of memory or an exit
    in one process is raised in every process: none is left waiting.

    `gather` gives what each process hands in, in the order of the processes.
    """
    made = error = None
    try:
        made = make()
    except (InputError, OSError, MemoryError, SystemExit) as raised:
        error = raised
    errors = gather(error)
    for number, each in enumerate(errors):
        if each is not None:
            if isinstance(each, InputError) and not all(errors):
                each = copy.copy(each)
                each.args = (f"in process {number}: {each}",)
            raise everywhere(each)
    return made


def everywhere(error: BaseException) -> BaseException:
    """The error, known as one that every process raises: process 0 says it."""
    error.everywhere = True
    return error


def is_everywhere(error: BaseException | None) -> bool:
    """Whether every process raises this error, or one that it was made of."""
    return error is not None and (
        getattr(error, "everywhere", False) or is_everywhere(error.__cause__)
    )

"""One command in several processes: one of them speaks, and what stops one of them ends all.

An exception that reaches the end of one process would leave the others waiting for it for ever. So
whoever raises it says its sentence and ends all; what all raise alike, process 0 says.
"""

import argparse
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress

from minivit.cli.printing import one_message
from minivit.processes import own_number, started

TOGETHER = ("train", "finetune")  # the verbs whose processes work on one thing
BUG, PIPE_CLOSED = 1, 141


def add_ranks(parser: argparse.ArgumentParser) -> None:
    """--ordered, of the verbs that train in several processes."""
    parser.add_argument(
        "--ordered", action="store_true",
        help="in several processes (mpiexec -n 4 python -m mpi4py -m minivit ...): add gradients "
        "in the order of the processes, for the bits of one process that accumulates their parts; "
        "slower",
    )  # fmt: skip


def are_together(argv: list[str]) -> bool:
    """Whether this process is one of several that work on one command."""
    return started() > 1 and bool(argv) and argv[0] in TOGETHER


def as_one(
    run: Callable[[], int], judged: Callable[[BaseException], tuple[str, int] | None]
) -> int:
    """Run a command of several processes; the exit code.

    `judged` gives an error's sentence and exit code; None for a bug.
    """
    stderr = sys.stderr
    if own_number():
        sys.stdout = sys.stderr = open(os.devnull, "w", errors="backslashreplace")  # noqa: SIM115
    try:
        code = run()
    except SystemExit as left:  # --help, options that can't be read; or somebody else's exit
        if left.code and mpi_runs():
            end_all(left.code if isinstance(left.code, int) else BUG)
        raise
    except BrokenPipeError:  # nobody reads the output
        code = PIPE_CLOSED
        if mpi_runs():
            end_all(code)
    except (Exception, KeyboardInterrupt) as error:
        everywhere = everybody_raises(error)
        sentence, code = judged(error) or ("", BUG)
        if not (everywhere and own_number()):
            print(told(error, sentence), file=stderr, flush=True)
        if not everywhere:
            end_all(code)
    if mpi_runs():
        # Else `python -m mpi4py` would abort all for an exit code, with a line of its own.
        sys.modules["mpi4py.MPI"].Finalize()
    return code


def told(error: BaseException, sentence: str) -> str:
    """A line for people; of a bug, its traceback."""
    if not sentence:
        return "".join(traceback.format_exception(error)).rstrip()
    return f"minivit: {one_message(sentence)}"


def everybody_raises(error: BaseException) -> bool:
    """Whether all processes raise this error; before they know of each other, they do all alike."""
    if not mpi_runs():
        return True
    from minivit.training.ranks import is_everywhere

    return is_everywhere(error)


def mpi_runs() -> bool:
    """Whether processes know of each other."""
    mpi = sys.modules.get("mpi4py.MPI")
    return mpi is not None and mpi.Is_initialized() and not mpi.Is_finalized()


def end_all(code: int) -> None:
    """End all processes with an exit code."""
    with suppress(OSError):
        sys.stdout.flush()
    sys.modules["mpi4py.MPI"].COMM_WORLD.Abort(code)

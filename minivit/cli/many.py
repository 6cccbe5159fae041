"""One command in several processes: one of them speaks, and what stops one of them ends all.

An exception that reaches the end of one process would leave the others waiting for it for ever. So
whoever raises it says its sentence and ends all; what all raise alike, process 0 says.
"""

import argparse
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable
from contextlib import suppress

from minivit import mpi
from minivit.cli.printing import one_message
from minivit.errors import InputError
from minivit.processes import (
    everywhere,
    is_everywhere,
    own_number,
    own_number_here,
    started,
    together,
)

TOGETHER = ("train", "finetune")  # the verbs whose processes work on one thing
BUG, PIPE_CLOSED = 1, 141
# Seconds that the others leave process 0 to say what all met at once, Ctrl-C say, and to end them.
TURN = 0.5


def add_ranks(parser: argparse.ArgumentParser) -> None:
    """--ordered, of the verbs that train in several processes."""
    parser.add_argument(
        "--ordered", action="store_true",
        help="in several processes (mpiexec -n 4 python -m mpi4py -m minivit ...): add gradients "
        "in the order of the processes, for the bits of one process that accumulates their parts; "
        "slower",
    )  # fmt: skip


def are_together(verb: str | None) -> bool:
    """Whether this process is one of several that work on one command."""
    return started() > 1 and verb in TOGETHER


def refuse_alone(verb: str) -> None:
    """InputError, in several processes, for a verb whose processes would each do the same."""
    if started() > 1 and verb not in TOGETHER:
        raise everywhere(InputError(
            f"{started()} processes were started together, and `minivit {verb}` works in one: run "
            f"it without mpiexec ({' and '.join(TOGETHER)} work in several)"
        ))  # fmt: skip


def as_one(
    prepare: Callable[[], Callable[[], int]],
    judged: Callable[[BaseException], tuple[str, int] | None],
) -> int:
    """Run a command of several processes; the exit code.

    `prepare` reads it, and gives what is then to run. `judged` gives an error's sentence and exit
    code; None for a bug.
    """
    stderr = sys.stderr
    if own_number():
        sys.stdout = sys.stderr = open(os.devnull, "w", errors="backslashreplace")  # noqa: SIM115
    try:
        # What is wrong on one machine alone, a variable say, ends the others, too.
        code = together(prepare, mpi.communicator().allgather)()
    except SystemExit as left:  # --help, options that can't be read; or somebody else's exit
        if not is_everywhere(left):
            code = left.code or 0
            mpi.end_all(code if isinstance(code, int) else BUG)
        mpi.end()
        raise
    except BrokenPipeError:  # nobody reads the output
        code = PIPE_CLOSED
        mpi.end_all(code)
    except (Exception, KeyboardInterrupt) as error:
        sentence, code = judged(error) or ("", BUG)
        with suppress(ValueError):  # not the main thread
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # one more would leave the others waiting
        if own_to_say(error):
            if own_number():
                time.sleep(TURN)
            print(told(error, sentence), file=stderr, flush=True)
        if not is_everywhere(error):
            mpi.end_all(code)
    mpi.end()  # else `python -m mpi4py` would abort all for an exit code, with a line of its own
    return code


def own_to_say(error: BaseException) -> bool:
    """Whether this process is to say it. What all raise, the first one says; without an MPI nobody
    knows of the others, and one on each machine says it.
    """
    if not mpi.runs():
        return own_number_here() == 0
    return own_number() == 0 or not is_everywhere(error)


def told(error: BaseException, sentence: str) -> str:
    """A line for people; of a bug, its traceback."""
    if not sentence:
        return "".join(traceback.format_exception(error)).rstrip()
    return f"minivit: {one_message(sentence)}"

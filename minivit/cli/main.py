"""`minivit VERB ...`: set the threads, find the verb, run it, and put errors into sentences.

Exit codes: 0 all went well, 1 a part did, 2 bad input or a file that can't be read or written
(one sentence on stderr), 130 interrupted. Anything else is a bug, and shows its traceback.
"""

import importlib
import os
import sys
from collections.abc import Callable, Sequence

from minivit.cli import many, printing
from minivit.cli.arguments import add_threads
from minivit.cli.parser import VERBS, Parser, read
from minivit.cli.sentences import sentence
from minivit.errors import InputError
from minivit.nearest import nearest
from minivit.processes import is_everywhere, own_number
from minivit.threads import bound_to_one, crowded, set_threads, thread_count

# The verbs that have --threads.
WITH_THREADS = ("train", "finetune", "evaluate", "predict", "look", "explain", "probe", "gradcheck",
                "experiment", "bench", "doctor", "warmup")  # fmt: skip
BAD_INPUT, INTERRUPTED, PIPE_CLOSED = 2, 130, 141  # the last two as a shell reports signals


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (by default that of this process) and return its exit code.

    Raises SystemExit as argparse does: after --help, and with 2 for options it can't read.
    """
    printing.prepare_streams()
    argv = sys.argv[1:] if argv is None else list(argv)
    if many.are_together(argv[0] if argv else None):
        return many.as_one(lambda: prepared(argv), judged)
    try:
        return run(argv)
    except BrokenPipeError:  # the reader of our output left, e.g. `minivit info H/14 | head -3`
        drop_output()
        return PIPE_CLOSED
    except (InputError, OSError, MemoryError, KeyboardInterrupt) as error:
        message, code = judged(error)
        if own_number() == 0 or not is_everywhere(error):
            printing.complain(message)
        return code


def judged(error: BaseException) -> tuple[str, int] | None:
    """The sentence of an error and the exit code; None for a bug."""
    if isinstance(error, InputError):
        return str(error), BAD_INPUT
    if isinstance(error, OSError):
        try:
            sys.stdout.flush()
        except OSError:  # it was the output itself, e.g. a file on a full disk
            drop_output()
        return sentence(error), BAD_INPUT
    if isinstance(error, MemoryError):
        reason = f" ({error})" if str(error) else ""
        return f"not enough memory{reason}; choose a smaller batch or model", BAD_INPUT
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "interrupted", INTERRUPTED
    return None


def run(argv: list[str]) -> int:
    """The same, but exceptions are left to the caller."""
    return prepared(argv)()


def prepared(argv: list[str]) -> Callable[[], int]:
    """What is to be run, after the command line was read and the threads are set."""
    if argv[:1] == ["help"]:  # `minivit help`, `minivit help train`
        argv = [*argv[1:2], "--help"]
    verb = argv[0] if argv and not argv[0].startswith("-") else None
    if verb is not None and verb not in VERBS:
        raise InputError(
            f"there is no verb {verb!r}{nearest(verb, VERBS)}. There are {', '.join(VERBS)}; "
            "`minivit --help` says what each does"
        )
    if verb in WITH_THREADS:
        choose_threads(verb, argv[1:])
    arguments = read(verb, argv)
    if verb in WITH_THREADS:
        many.refuse_alone(verb)

    def work() -> int:
        code = 0
        if verb is not None:
            code = importlib.import_module(f"minivit.cli.{verb}").run(arguments)
        sys.stdout.flush()  # a closed pipe is noticed here, not after the end
        return code

    return work


def choose_threads(verb: str, options: list[str]) -> None:
    """Set the threads before anything imports NumPy: --threads is read ahead of all else.

    If NumPy is imported already, as in a call from Python, its threads stay unless --threads asks
    for others.
    """
    ahead = Parser(f"minivit {verb}", add_help=False, allow_abbrev=False)
    add_threads(ahead)
    threads = ahead.parse_known_args(options)[0].threads
    if threads is not None or "numpy" not in sys.modules:
        threads = threads or thread_count()
        set_threads(threads)
        for warning in filter(None, (crowded(threads), bound_to_one())):
            printing.complain(warning)


def drop_output() -> None:
    """Send what is left of the output nowhere: else Python would fail on it again at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())

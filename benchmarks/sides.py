"""A side works in a process of its own, with its own thread pool, memory and start.

A worker is a fresh Python that makes one object and then answers, one at a time, the calls of its
methods. While it waits it computes nothing: the other side has the machine.
"""

import contextlib
import multiprocessing
import os
import sys
import traceback
from collections.abc import Callable, Iterator

from minivit.errors import InputError
from minivit.threads import ACCELERATE_VARIABLE, BLAS_VARIABLES


class Worker:
    """A process with one object in it: `worker.ask("method", argument)` is its answer."""

    def __init__(self, make: Callable, *arguments, threads: int, environment: dict | None = None):
        """Start a Python that holds `make(*arguments)`, with so many threads for every library."""
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs, make, arguments), daemon=True)
        with environment_of(threads, environment or {}):
            self.process.start()
        theirs.close()

    def ask(self, method: str, *arguments):
        """Call a method over there. InputErrors come back as such, anything else as a bug."""
        try:
            self.pipe.send((method, arguments))
            kind, answer = self.pipe.recv()
        except (EOFError, ConnectionError) as error:
            raise InputError(
                f"the process of one side ended (exit code {self.exit_code()}), most likely "
                "for want of memory; choose a smaller configuration"
            ) from error
        if kind == "input error":
            raise InputError(answer)
        if kind == "bug":
            raise RuntimeError(f"in the process of one side:\n{answer}")
        return answer

    def timer(self, method: str, *arguments) -> Callable[[int], list[float]]:
        """A side for `timing.alternate`: the last argument of the method is a number of calls."""
        return lambda count: self.ask(method, *arguments, count)

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *exception) -> None:
        self.pipe.close()  # the loop over there ends
        self.stop()

    def exit_code(self) -> int:
        """The exit code of the process, once it has ended."""
        self.process.join()
        return self.process.exitcode

    def stop(self) -> None:
        """Wait for the process to end, though not for ever."""
        self.process.join(5)
        if self.process.is_alive():
            self.process.terminate()
            self.process.join()


def serve(pipe, make: Callable, arguments: tuple) -> None:
    """The worker's end: make the object, answer until nobody asks any more."""
    sys.stdout = sys.stderr  # what a library prints must not get between the rows of --json
    made = None
    with contextlib.suppress(EOFError, KeyboardInterrupt, ConnectionError):
        while True:
            method, given = pipe.recv()
            try:
                made = make(*arguments) if made is None else made
                answer = "answer", getattr(made, method)(*given)
            except InputError as error:
                answer = "input error", str(error)
            except Exception:
                answer = "bug", traceback.format_exc()
            pipe.send(answer)


@contextlib.contextmanager
def environment_of(threads: int, more: dict[str, str]) -> Iterator[None]:
    """The variables a worker inherits: libraries read their thread count as they are imported."""
    names = (*BLAS_VARIABLES, ACCELERATE_VARIABLE, "NUMBA_NUM_THREADS", "MINIVIT_NUM_THREADS")
    wanted = dict.fromkeys(names, str(threads))
    # Bound threads stay on their cores: otherwise some systems leave two of them on one core for
    # ever. This helps every side that uses OpenMP, PyTorch too.
    wanted["OMP_PROC_BIND"] = os.environ.get("OMP_PROC_BIND", "true")
    # The figures are those of our own product, whatever this machine's BLAS can do.
    wanted["MINIVIT_MATMUL"] = os.environ.get("MINIVIT_MATMUL", "numba")
    wanted |= more
    former = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in former.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

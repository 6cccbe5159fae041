"""Processes that mpiexec starts, each with an object that answers: a `sides.Worker` of several.

They are asked through a socket each, and sleep until then: processes that wait for each other in
MPI would take the cores from whoever is timed meanwhile.
"""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.util import find_spec
from multiprocessing.connection import wait
from pathlib import Path

from minivit.errors import InputError
from minivit.processes import started

from .sides import environment_of

LIMIT = 600  # seconds for one answer: a first step compiles the kernels
PATIENCE = 120  # seconds until all processes have started, with all their imports


def need_mpi() -> str:
    """The mpiexec that starts the processes; InputError where something is missing."""
    if started() > 1:
        raise InputError("bench mpi starts the processes itself: run it without mpiexec")
    if not hasattr(socket, "AF_UNIX"):
        raise InputError("bench mpi speaks with its processes through sockets that only Unix has")
    if find_spec("mpi4py") is None:
        raise InputError(
            "bench mpi needs mpi4py, by which processes find each other: pip install 'minivit[mpi]'"
        )
    found = shutil.which("mpiexec", path=Path(sys.executable).parent) or shutil.which("mpiexec")
    if found is None:
        raise InputError(
            "bench mpi needs mpiexec, which starts the processes, and there is none beside "
            f"{sys.executable} or on the PATH: pip install mpich"
        )
    return found


class Group:
    """Processes, each of which holds `make(*arguments)`."""

    def __init__(self, count: int, make: Callable, *arguments, threads: int = 1):
        """Start them; InputError when they don't come."""
        self.count, self.pipes = count, []
        self.folder = tempfile.TemporaryDirectory(prefix="minivit-mpi-")
        self.said = (Path(self.folder.name) / "said").open("w+b")
        try:
            self.begin(threads)
            for pipe in self.pipes:
                pipe.send((make, arguments))
        except BaseException:
            self.__exit__()
            raise

    def begin(self, threads: int) -> None:
        """Start the processes, and wait until each has called."""
        address = f"{self.folder.name}/socket"  # in a folder of our own, nobody else can call
        command = [need_mpi(), "-n", str(self.count), sys.executable, "-m",
                   f"{__package__}.mpi_rank", address]  # fmt: skip
        # Bound as other sides are, the threads of all processes would lie on one core.
        more = {"OMP_PROC_BIND": "false", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        from multiprocessing.connection import Connection  # which Windows does not have

        with socket.socket(socket.AF_UNIX) as server:
            server.bind(address)
            server.listen(self.count)
            server.settimeout(0.2)
            with environment_of(threads, more):
                self.process = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=self.said, stderr=self.said,
                    start_new_session=True,
                )  # fmt: skip
            end = time.monotonic() + PATIENCE
            while len(self.pipes) < self.count:
                try:
                    called, _ = server.accept()
                    called.setblocking(True)
                    self.pipes.append(Connection(called.detach()))
                except TimeoutError:
                    if self.process.poll() is not None or time.monotonic() > end:
                        raise self.ended("the processes did not start") from None

    def ask(self, method: str, *arguments) -> list:
        """Call a method in all processes, together; their answers. InputErrors come back as such.

        After an error the group is of no more use: the others may wait for the one that failed.
        """
        answers, waiting = {}, list(self.pipes)
        try:
            for pipe in self.pipes:
                pipe.send((method, arguments))
            while waiting:
                ready = wait(waiting, timeout=LIMIT)
                if not ready:
                    raise self.ended(f"the processes did not answer within {LIMIT} seconds")
                for pipe in ready:
                    kind, answers[pipe] = pipe.recv()
                    waiting.remove(pipe)
                    if kind == "input error":
                        raise InputError(answers[pipe])
                    if kind == "bug":
                        raise RuntimeError(f"in one of {self.count} processes:\n{answers[pipe]}")
        except (EOFError, ConnectionError) as error:
            raise self.ended("a process ended") from error
        return [answers[pipe] for pipe in self.pipes]

    def timer(self, method: str, *arguments) -> Callable[[int], list[float]]:
        """A side for `timing.alternate`: each call takes as long as in the slowest process."""

        def side(count: int) -> list[float]:
            return list(map(max, zip(*self.ask(method, *arguments, count), strict=True)))

        return side

    def ended(self, what: str) -> InputError:
        """What happened, and the last line that mpiexec or a process wrote."""
        self.said.seek(0)
        lines = self.said.read().decode(errors="replace").split("\n")
        words = [line.strip() for line in lines if any(map(str.isalnum, line))]  # no rulers
        last = words[-1] if words else "nothing"
        return InputError(f"{what} that mpiexec -n {self.count} was asked for; it said: {last}")

    def __enter__(self) -> "Group":
        return self

    def __exit__(self, *exception) -> None:
        for pipe in self.pipes:
            pipe.close()  # the loops over there end
        self.stop()
        self.said.close()
        self.folder.cleanup()

    def stop(self) -> None:
        """Wait for mpiexec to end, though not for ever: it ends its processes."""
        process = getattr(self, "process", None)
        if process is None:
            return
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

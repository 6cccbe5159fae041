"""A side whose minivit is that of another folder, measured by the benchmarks of this one.

It can't be a process of `multiprocessing`, which first imports its parent's modules: the wrong
minivit. So it is a Python started afresh by `checkout_start.py`, and talks through its standard
input and output.
"""

import contextlib
import pickle
import subprocess
import sys
from pathlib import Path

from minivit.errors import InputError

from .configurations import cases
from .model_sides import EngineSide
from .sides import Worker, environment_of


class CheckoutWorker(Worker):
    """A process with an `EngineSide` whose minivit lies in `folder`."""

    def __init__(
        self, folder: Path, case: str, backend: str, precision: str = "float32", *,
        emulate: bool = False, threads: int, environment=None,
    ):  # fmt: skip
        """Start a Python that holds the model of this name, with so many threads."""
        start = Path(__file__).with_name("checkout_start.py")
        # -P: else the folder of the script would come first on its path.
        given = [str(folder), case, backend, precision, *(["emulate"] if emulate else [])]
        command = [sys.executable, "-P", str(start), *given]
        with environment_of(threads, environment or {}):
            self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.pipe = Pickles(self.process.stdout, self.process.stdin)

    def exit_code(self) -> int:
        return self.process.wait()

    def stop(self) -> None:
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Pickles:
    """A pipe as `multiprocessing` has them, made of two streams of bytes."""

    def __init__(self, reader, writer):
        self.reader, self.writer = reader, writer

    def send(self, what) -> None:
        pickle.dump(what, self.writer)
        self.writer.flush()

    def recv(self):
        return pickle.load(self.reader)  # EOFError when the other end is closed

    def close(self) -> None:
        for stream in (self.writer, self.reader):
            with contextlib.suppress(OSError):  # the other side no longer reads
                stream.close()


def side_of(folder: str, case: str, backend: str, precision: str, emulate: str = "") -> EngineSide:
    """In the process of the side: its model, every part of it from the folder."""
    side = EngineSide(cases(case)[0], backend, precision, bool(emulate))
    for name, module in sorted(sys.modules.items()):
        ours = name == "minivit" or name.startswith("minivit.")
        if ours and not Path(module.__file__).resolve().is_relative_to(folder):
            raise InputError(f"{name} was not imported from {folder} but from {module.__file__}")
    return side

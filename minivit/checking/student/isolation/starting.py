"""How a student's process is started, and how it ended: with a supervisor where there is one."""

import os
import select
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from shutil import rmtree
from typing import NamedTuple

import numpy as np

PACKAGE = Path(__file__).parents[4]
SUPERVISOR = Path(__file__).with_name("supervisor.py")
HAS_SUPERVISOR = os.name == "posix"
COMMAND = """
import sys
sys.path[:0], sys.path[len(sys.path):] = sys.argv[1:2], sys.argv[2:]
from minivit.checking.student.isolation.child import main
main()
"""
KEPT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT")  # Python may not start without
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
SHOWN = 10_000  # bytes of what was printed
PATIENCE = 15.0  # seconds for the supervisor to sweep up
FAREWELL = 2.0  # and to end, once it has closed its report


class Limits(NamedTuple):
    """What a student's process may use, at most."""

    memory: int = 2 << 30  # bytes that it may ask for
    processor_seconds: int = 600  # of the process, whatever its calls take by the clock
    written: int = 1 << 20  # bytes of a file, and of what is printed
    files: int = 64  # open at once


USUAL = Limits()


class End(NamedTuple):
    """How a process ended, as the supervisor tells it."""

    how: str = ""  # "exit", "signal", or "stopped" when it was ended from outside
    code: int = 0
    processes: int = 0  # that there were besides, and that were killed


class Started:
    """A running process: its pipes, its printed output, its folder."""

    def __init__(self, limits: Limits):
        self.output = self.process = self.report = None
        self.told, self.last_words = b"", (b"", 0)
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="minivit-student-"))
        try:
            self.output = tempfile.TemporaryFile()  # noqa: SIM115 (stop closes it)
            self.start(limits)
        except BaseException:
            self.stop()
            raise

    def start(self, limits: Limits) -> None:
        child = [sys.executable, "-I", "-B", "-u", "-X", "utf8", "-c", COMMAND]
        child += [str(PACKAGE), str(Path(np.__file__).parents[1])]
        given = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": self.output}
        given |= {"cwd": self.folder, "env": environment(self.folder), "bufsize": 0}
        if not HAS_SUPERVISOR:
            self.process = subprocess.Popen(child, **given)
            return
        read, write = os.pipe()
        self.report = open(read, "rb", buffering=0)  # noqa: SIM115 (stop closes it)
        try:
            numbers = limits.memory, limits.processor_seconds, limits.written
            supervisor = [sys.executable, "-I", "-S", "-B", str(SUPERVISOR), str(write)]
            self.process = subprocess.Popen(
                [*supervisor, self.folder, *map(str, numbers), *child],
                pass_fds=[write], start_new_session=True, **given,
            )  # fmt: skip
        finally:
            os.close(write)

    def unlimited(self) -> str:
        """What this system can't limit, in words; asked for once the process is ready."""
        if self.report is None:
            return "memory, processor time, files, output, and processes that the code starts"
        while b"\n" not in self.told and self.hears(PATIENCE):
            pass
        return self.told.partition(b"\n")[0].decode().removeprefix("unlimited").strip()

    def hears(self, seconds: float) -> bool:
        """Whether the supervisor tells something more within this time; it may be gone instead."""
        if not select.select([self.report], [], [], seconds)[0]:
            return False
        part = self.report.read(4096)
        self.told += part
        return bool(part)

    def stop(self, grace: float = 0.0) -> End:
        """End it with all that it started, and leave nothing behind; may be called again.

        A process that seems to be gone has the time `grace` to show how it ended.
        """
        try:
            if self.process is None or self.output.closed:
                return End()
            end = self.ended(grace)
            self.last_words = self.printed()
            return end
        finally:
            for file in (self.report, self.output):
                if file is not None:
                    file.close()
            rmtree(self.folder, ignore_errors=True)

    def ended(self, grace: float) -> End:
        process = self.process
        try:
            until = time.monotonic() + grace
            while grace and self.report and self.hears(max(until - time.monotonic(), 0)):
                pass
            process.stdin.close()  # the sign for the supervisor
            if self.report is None:
                process.kill()
            while self.report and self.hears(PATIENCE):
                pass
        finally:  # after Ctrl-C as well
            if self.report:
                process.terminate()
            try:
                with suppress(subprocess.TimeoutExpired):
                    process.wait(FAREWELL)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
        return self.end()

    def end(self) -> End:
        """How it ended, from the lines of the supervisor."""
        if self.report is None:
            return End("exit", self.process.returncode)
        words = dict(line.split(" ", 1) for line in self.told.decode().splitlines() if " " in line)
        count = int(words.get("processes", 0))
        for how in ("exit", "signal"):
            if how in words:
                return End(how, int(words[how]), count)
        return End("stopped", 0, count)

    def printed(self, most: int = SHOWN) -> tuple[bytes, int]:
        """The beginning of what was printed, and how long all of it is."""
        number = self.output.fileno()
        if hasattr(os, "pread"):  # the process writes where this file stands
            return os.pread(number, most, 0), os.fstat(number).st_size
        return b"", os.fstat(number).st_size


def environment(folder: str) -> dict[str, str]:
    """What Python needs, one thread for NumPy, and a home in the folder."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    homes = dict.fromkeys(("HOME", "USERPROFILE", "TMPDIR", "TEMP", "TMP"), folder)
    return kept | homes | dict.fromkeys(THREADS, "1") | {"LANG": "C.UTF-8"}

"""Students' code that does what it should not: each is one failure with a sentence, and over."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from minivit.checking.student.answers import KINDS
from minivit.checking.student.process import Failed
from minivit.checking.student.starting import Limits

LINUX = sys.platform == "linux"
X, W = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
RIGHT = "def linear_forward(x, w, b=None):\n    return x @ w, (x, w)\n"
HEAD = "import ctypes, os, signal, sys, time\nimport numpy as np\nlibc = ctypes.CDLL(None)\n"


def calling(*lines: str) -> str:
    """A file whose linear_forward does this."""
    return HEAD + "def linear_forward(x, w, b=None):\n" + "".join(f"    {line}\n" for line in lines)


def failure(student, seconds: float = 10) -> Failed:
    """What a call of its linear_forward fails with."""
    with pytest.raises(Failed) as raised:
        student.forward("linear", (X, W, None))
    failed = raised.value
    assert failed.kind in KINDS and len(str(failed)) < 400 and str(failed).isprintable()
    return failed


ENDS = {
    "sys.exit": (["sys.exit(3)"], "line 5 ended the program, with sys.exit or the like (SystemExi"),
    "os._exit": (["os._exit(0)"], "its process ended with exit code 0 during linear_forward"),
    "abort": (["os.abort()"], "SIGABRT ended its process during linear_forward"),
    "a segmentation fault": (["ctypes.string_at(1)"], "SIGSEGV ended its process"),
    "its own SIGKILL": (["os.kill(os.getpid(), 9)"], "SIGKILL ended its process"),
    "KeyboardInterrupt": (["raise KeyboardInterrupt"], "line 5 raised KeyboardInterrupt"),
    "pipes closed": (["os.closerange(3, 65536)"], "its process "),
    "recursion": (["return linear_forward(x, w)"], "line 5 raised RecursionError: maximum"),
    "recursion without end": (
        ["sys.setrecursionlimit(10**9)", "class A: __repr__ = lambda a: repr(a)", "repr(A())"],
        "ended its process during linear_forward",
    ),
    "10 GB": (["return np.ones(10**10 // 8), ()"], "line 5 asks for more than 2 GiB of memory"),
    "memory bit by bit": (
        ["kept = []", "while True: kept.append(bytearray(10**8))"],
        "line 6 asks for more than 2 GiB of memory (MemoryError)",
    ),
    "a stub": (['raise NotImplementedError("exercise 3")'], "line 5 is still to be written"),
    "a message of a megabyte": (["raise ValueError('x' * 2**20)"], "line 5 raised ValueError: xxx"),
    "a message that raises": (
        ["class E(Exception):", "    def __str__(self): sys.exit()", "raise E"],
        "line 7 raised linear_forward.<locals>.E: (its message can't be shown)",
    ),
    "control characters": (["raise ValueError('\\x1b[2J\\u202e')"], "ValueError: \\x1b[2J\\x202e"),
    "prints": (["while True: print('x' * 99)"], "linear_forward printed more than 1 MiB"),
    "prints past the exception": (
        ["for _ in range(2**16):", "    try: os.write(2, b'x' * 99)", "    except OSError: pass"],
        "linear_forward printed more than 1 MiB",
    ),
    "input": (["input()"], "line 5 raised EOFError"),
    "fork": (["os.fork()"], "line 5 raised PermissionError: the code tried to start a process"),
    "a program": (["os.system('true')"], "tried to start a process, which it may not do here"),
    "exec": (["os.execv('/bin/true', ['true'])"], "tried to start a process"),
    "subprocess": (["import subprocess", "subprocess.run(['true'])"], "tried to start a process"),
    "multiprocessing": (
        ["import multiprocessing", "multiprocessing.Process(target=print).start()"],
        "tried to start a process",
    ),
    "another's signal": (["os.kill(os.getppid(), 9)"], "tried to signal a process"),
    "the network": (
        ["import socket", "socket.create_connection(('127.0.0.1', 9))"],
        "tried to use the network",
    ),
    "its own file": (["os.remove(__file__)"], "tried to change a file outside of its own folder"),
    "a file elsewhere": (["open(__file__, 'a')"], "tried to change a file outside of its own"),
    "many files": (["kept = [open('/dev/null') for _ in range(99)]"], "Too many open files"),
    "a large file": (["open('a', 'wb').write(bytes(2**21))"], "OSError: [Errno 27]"),
}  # fmt: skip


@pytest.mark.parametrize(("what", "case"), ENDS.items(), ids=list(ENDS))
def test_each_is_one_failure_with_a_sentence(student, what, case):
    lines, sentence = case
    process = student(calling(*lines))
    failed = failure(process)
    assert sentence in str(failed)
    again = failure(process)  # by a new process, where the first is gone
    assert (again.kind, str(again)) == (failed.kind, str(failed))
    assert student(RIGHT, "right.py").forward("linear", (X, W, None)).values[0].array.tolist()


@pytest.mark.parametrize(
    ("lines", "seconds"),
    [
        (["while True: pass"], 0.5),
        (["while True:", "    try: time.sleep(100)", "    except BaseException: pass"], 0.5),
        (["for n in set(signal.Signals) - {9, 19}: signal.signal(n, signal.SIG_IGN)",
          "while True: pass"], 1.0),
        (["import threading", "threading.Thread(target=time.sleep, args=(99,)).start()",
          "os.write(2, b'waiting')", "threading.Event().wait()"], 0.5),
    ],
)  # fmt: skip
def test_what_never_ends_is_ended(student, lines, seconds):
    process = student(calling(*lines), seconds=seconds)
    process.seconds = 20.0
    process.ops()
    process.seconds = seconds
    began = time.monotonic()
    failed = failure(process)
    assert failed.kind == "slow"
    assert str(failed) == f"linear_forward took longer than {seconds:g} s"
    assert time.monotonic() - began >= seconds


def test_processor_time_has_a_limit(student):
    process = student(calling("while True: pass"), limits=Limits(processor_seconds=2), seconds=60)
    assert "it used 2 s of processor time" in str(failure(process))


DAEMON = """
def daemon():
    if library.fork() == 0:
        libc.setsid()
        if library.fork() == 0:
            for n in (1, 2, 3, 15): signal.signal(n, signal.SIG_IGN)
            os.chdir("/")
            while True: time.sleep(1)
        os._exit(0)
"""


@pytest.mark.skipif(not LINUX, reason="elsewhere it is printed that processes can't be limited")
@pytest.mark.parametrize("count", [1, 20])
def test_processes_that_left_the_group_are_swept_up(student, count):
    """Started by libc, which asks no hook."""
    source = f"{HEAD}library = ctypes.PyDLL(None)\n{DAEMON}" + RIGHT.replace(
        "    return", f"    for _ in range({count}): daemon()\n    return"
    )
    process = student(source)
    try:
        answer = process.forward("linear", (X, W, None))  # faster than the supervisor looks
        assert answer.values[0].array.tolist() == (X @ W).tolist()
    except Failed as failed:
        assert failed.kind == "processes"
    process.close()
    assert process.swept >= count


@pytest.mark.skipif(not LINUX, reason="elsewhere it is printed that processes can't be limited")
def test_a_process_beside_the_one_is_a_failure(student):
    process = student(f"{HEAD}library = ctypes.PyDLL(None)\n{DAEMON}daemon()\n" + calling(
        "while True: pass").removeprefix(HEAD))  # fmt: skip
    failed = failure(process)
    assert failed.kind == "processes"
    assert str(failed).endswith(": only functions may be called")


def test_ctrl_c_leaves_nothing_behind(student):
    process = student(calling("while True: pass"), seconds=60)
    process.ops()
    former = signal.signal(signal.SIGALRM, signal.default_int_handler)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            process.forward("linear", (X, W, None))
    finally:
        signal.signal(signal.SIGALRM, former)
    assert process.started is None


DYING = """
import os, sys, threading, time, numpy as np
from minivit.checking.student.process import StudentProcess
student = StudentProcess(sys.argv[1], seconds=100)
student.ops()
threading.Timer(0.3, os.kill, (os.getpid(), 9)).start()
student.forward("linear", (np.ones((2, 3)), np.ones((3, 2)), None))
"""


@pytest.mark.skipif(not LINUX, reason="looks into /proc")
def test_it_dies_with_the_checker(student, tmp_path, gone):
    path = tmp_path / "loop.py"
    path.write_text(calling("while True: pass"))
    own = tmp_path / "of the dying"
    own.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(path)],
        env={**os.environ, "TMPDIR": str(own), "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(str(own))
    assert list(own.iterdir()) == []

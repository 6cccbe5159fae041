"""Students' code that does what it should not: each is one failure with a sentence, and over."""

import sys
import time

import numpy as np
import pytest

from minivit.checking.student.isolation.answers import KINDS
from minivit.checking.student.isolation.process import Failed
from minivit.checking.student.isolation.starting import Limits

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


@pytest.mark.parametrize(
    "lines",
    [["return linear_forward(x, w)"],
     ["sys.setrecursionlimit(10**9)", "class A: __repr__ = lambda a: repr(a)", "repr(A())"]],
)  # fmt: skip
def test_recursion_without_end_is_one_failure(student, lines):
    """Versions of Python differ: an exception, a crash, or (3.13.0) memory until there is none."""
    assert failure(student(calling(*lines))).kind in ("raised", "ended", "memory", "slow")

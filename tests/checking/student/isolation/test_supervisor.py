"""What a student's code started is swept up, and the process ends with whoever watches it."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from minivit.checking.student.isolation.process import Failed

X, W = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
RIGHT = "def linear_forward(x, w, b=None):\n    return x @ w, (x, w)\n"
HEAD = "import ctypes, os, signal, time\nlibc, library = ctypes.CDLL(None), ctypes.PyDLL(None)\n"
linux_only = pytest.mark.skipif(
    sys.platform != "linux", reason="there it is told what is not limited"
)


def calling(*lines: str) -> str:
    """A file whose linear_forward does this."""
    return "def linear_forward(x, w, b=None):\n" + "".join(f"    {line}\n" for line in lines)


def failure(process) -> Failed:
    with pytest.raises(Failed) as raised:
        process.forward("linear", (X, W, None))
    return raised.value


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


@linux_only
@pytest.mark.parametrize("count", [1, 20])
def test_processes_that_left_the_group_are_swept_up(student, count):
    """Started by libc, which asks no hook."""
    body = RIGHT.replace("    return", f"    for _ in range({count}): daemon()\n    return")
    process = student(HEAD + DAEMON + body)
    try:
        answer = process.forward("linear", (X, W, None))  # faster than the supervisor looks
        assert answer.values[0].array.tolist() == (X @ W).tolist()
    except Failed as failed:  # it was ended on the way
        assert failed.kind == "processes"
        count = 1
    process.close()
    assert process.swept >= count


@linux_only
def test_a_small_fork_bomb_is_one_failure(student):
    """The sixteen share the pipe, and each would answer."""
    lines = "for _ in range(4): library.fork()", "time.sleep(60)"
    failed = failure(student(HEAD + calling(*lines), seconds=60))
    assert failed.kind == "processes"
    assert str(failed).startswith("linear_forward started ")


@linux_only
def test_a_supervisor_that_is_killed_takes_the_process_along(student):
    source = HEAD + calling("libc.kill(os.getppid(), 9)", "time.sleep(60)")
    failed = failure(student(source, seconds=60))
    assert str(failed) == "its process closed the pipe of its results during linear_forward"


@linux_only
def test_a_process_beside_the_one_is_a_failure(student):
    process = student(HEAD + DAEMON + "daemon()\n" + calling("while True: pass"))
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
from minivit.checking.student.isolation.process import StudentProcess
student = StudentProcess(sys.argv[1], seconds=100)
student.ops()
threading.Timer(0.3, os.kill, (os.getpid(), 9)).start()
student.forward("linear", (np.ones((2, 3)), np.ones((3, 2)), None))
"""


@linux_only
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

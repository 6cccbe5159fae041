"""A second process compiles, too, when the folder is as good as empty.

Numba compiles one function at a time, whatever its threads. So a second process rehearses a step
of plain models (minivit/checking/rehearsal.py) in this one's precision, and compiles what they
call, from the last kernel to the first, while this process goes from the first to the last, and
tells what it begins. Both keep their code in one folder; who comes to what the other is compiling
waits for it (claims.py), or goes on to the next. So nobody lists who compiles what: they meet where
they meet. In an older version a process's start and its first step of the digits, with an empty
folder and two processors of a Xeon in a slow phase, took 9.0 to 11.6 s, alone 18.4.

The second process ends with this one, however that ends: its input is a pipe, which then closes.
"""

import atexit
import contextlib
import functools
import os
import subprocess
import sys
import threading
from pathlib import Path

from numba import config

from minivit import chosen

from . import cache
from .start import CACHE, PROCESSORS

# The modules of this process, wherever it found them; and none of its scripts is run again.
PROGRAM = """\
import sys
sys.path[:] = {path}
from minivit.checking.rehearsal import main
main(*sys.argv[1:])
"""
# A step needs some 70 files. The second process starts in 0.7 s, which the last few would not pay.
COLD = 20
# Variables that would bind it to the processor that this process runs on.
BINDING = ("OMP_PROC_BIND", "OMP_PLACES", "GOMP_CPU_AFFINITY")


_processes: list[subprocess.Popen] = []  # those that were started


def start_once(dtype: str) -> None:
    """Start it, if that pays, to compile for numbers of this type."""
    if pays() and not _processes:
        _start(dtype)


def tell(kernel: str) -> None:
    """Tell it which kernel, or piece, this process compiles: what a model needs, nobody knows
    before."""
    for process in _processes:
        with contextlib.suppress(OSError, ValueError):  # it has ended
            process.stdin.write(f"{kernel}\n".encode())
            process.stdin.flush()


@functools.cache  # asked once: later the folder is full, or a second process is at it
def pays() -> bool:
    """Whether much is to be compiled, with a processor to spare and a Python to do it."""
    if CACHE is None or len(cache.files(CACHE)) >= COLD or not cache.can_be_written(CACHE):
        return False
    python = Path(sys.executable or "").stem.startswith("python")
    return python and not getattr(sys, "frozen", False) and config.NUMBA_NUM_THREADS > 1


def _start(dtype: str) -> None:
    program = PROGRAM.format(path=[place for place in sys.path if isinstance(place, str)])
    now = chosen.now() or chosen.Chosen("numba")
    of_numbers = dtype, now.precision, str(now.emulate)
    variables = {name: value for name, value in os.environ.items() if name not in BINDING}
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *of_numbers, *map(str, PROCESSORS)],
            env=variables, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
    except OSError:  # no more processes are allowed, or there is no memory for one
        return
    _processes.append(process)
    threading.Thread(target=process.wait, daemon=True).start()  # else it would stay a zombie
    atexit.register(_end, process)


def _end(process: subprocess.Popen) -> None:
    """Let it end, and see it end."""
    with contextlib.suppress(OSError):  # it has ended, and a line that `tell` wrote is left
        process.stdin.close()
    try:
        process.wait(timeout=2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()

"""A second process compiles: when it is started, and that it ends with the first."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytest.importorskip("numba")

import minivit
from minivit import chosen
from minivit.kernels.compiling import second
from minivit.kernels.product.bf16.instructions import instruction

START = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
print("runs once", flush=True)
from minivit.kernels.compiling import second
started = []
second.subprocess.Popen = lambda *a, popen=second.subprocess.Popen, **k: (
    started.append(popen(*a, **k)) or started[-1])
second.start_once("float32")
second.start_once("float32")
print(*[process.pid for process in started], flush=True)
"""
STAY = START + "sys.stdin.read()\n"
STEP = """
import numpy as np
from minivit import backend
from minivit.checking.rehearsal import SHORT, step
from minivit.models import ViT
with backend.use("numba", **{options}):
    model = ViT(SHORT, zero_head=False)
    step(model)
print(model.parameters.flat.sum(dtype=float))
"""


REHEARSED = """
from minivit import chosen
from minivit.checking import rehearsal
from minivit.kernels.compiling.start import PROCESSORS

def compile_beside(models):
    print(*chosen.now(), sep=",")
    print(*sorted({{rehearsal.name(key) for calls in models for key in calls}}))

rehearsal.compile_beside = compile_beside
rehearsal.main("float32", "bf16", "{emulate}", *PROCESSORS)
"""


def python(program: str, home: Path, **variables) -> subprocess.Popen:
    left_out = ("MINIVIT_CACHE", "MINIVIT_NUM_THREADS", "NUMBA_NUM_THREADS")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    package = str(Path(minivit.__file__).parents[1])
    environment |= {"PYTHONPATH": package, "XDG_CACHE_HOME": str(home), **variables}
    return subprocess.Popen(
        [sys.executable, "-c", program], env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def is_gone(pid: int, within: float = 10.0) -> bool:
    """Whether the process ends in so many seconds; a zombie has ended."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        state = Path(f"/proc/{pid}/stat")
        if not state.exists() or state.read_text().rpartition(")")[2].split()[0] == "Z":
            return True
        time.sleep(0.02)
    return False


def files(home: Path) -> list[str]:
    return sorted(path.name for path in home.rglob("*") if path.is_file())


def whole(home: Path) -> bool:
    """Whether nothing unfinished lies there."""
    return all(name.endswith((".kernel", ".json")) or name == "claims" for name in files(home))


needs_proc = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks into /proc")
two = {"MINIVIT_NUM_THREADS": "2"}


@needs_proc
@pytest.mark.parametrize("way", ["end", signal.SIGINT, signal.SIGKILL])
def test_it_ends_with_the_first(way, tmp_path):
    with python(STAY, tmp_path, **two) as first:
        assert first.stdout.readline() == "runs once\n"
        (pid,) = map(int, first.stdout.readline().split())
        assert not is_gone(pid, within=1.5)  # it is importing, or compiling
        if way == "end":
            first.stdin.close()
        else:
            first.send_signal(way)
        first.wait(timeout=20)
        assert is_gone(pid)
        assert first.stdout.read() == ""  # the program was run once
    assert whole(tmp_path)


@needs_proc
@pytest.mark.parametrize(
    "variables", [{"MINIVIT_CACHE": "0"}, {"MINIVIT_NUM_THREADS": "1"}], ids=str
)
def test_it_is_not_started(variables, tmp_path):
    first = python(START, tmp_path, **(two | variables))
    assert first.communicate()[0] == "runs once\n\n"


def test_it_may_have_ended_before_it_is_told_more(monkeypatch):
    with subprocess.Popen([sys.executable, "-c", ""], stdin=subprocess.PIPE) as process:
        process.wait()
        monkeypatch.setattr(second, "_processes", [process])
        second.tell("a kernel")
        second._end(process)


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_a_step_is_the_same_with_and_without_it(precision, tmp_path):
    options = {"precision": precision, "emulate": precision == "bf16" and instruction() is None}
    program, found = STEP.format(options=options), []
    for home, variables in (("a", {}), ("b", {}), ("b", {"MINIVIT_CACHE": "0"})):
        out, said = python(program, tmp_path / home, **(two | variables)).communicate()
        assert said.startswith("minivit: compiling kernels") or found, said
        found.append(float(out))
    assert len(set(found)) == 1
    assert files(tmp_path / "a") == files(tmp_path / "b") != []
    assert whole(tmp_path / "a")


def test_it_pays_once_much_is_to_be_compiled(tmp_path, monkeypatch):
    pays = second.pays.__wrapped__
    monkeypatch.setattr(second, "CACHE", tmp_path)
    monkeypatch.setattr(second.config, "NUMBA_NUM_THREADS", 2)
    assert pays()
    with monkeypatch.context() as changed:
        changed.setattr(second.config, "NUMBA_NUM_THREADS", 1)
        assert not pays()
    for executable in ("", None, "/usr/bin/blender"):  # Python inside of another program
        with monkeypatch.context() as changed:
            changed.setattr(sys, "executable", executable)
            assert not pays()
    with monkeypatch.context() as changed:
        changed.setattr(second.cache, "can_be_written", lambda folder: False)
        assert not pays()
    for number in range(second.COLD):
        (tmp_path / f"{number}.kernel").touch()
    assert not pays()
    monkeypatch.setattr(second, "CACHE", None)
    assert not pays()


@pytest.mark.parametrize(
    ("precision", "emulate"), [("float32", False), ("bf16", False), ("bf16", True)]
)
def test_it_is_told_the_precision(precision, emulate, monkeypatch):
    told = []

    def refused(command, **options):
        told.extend(command[3:6])
        raise OSError("not in this test")

    monkeypatch.setattr(second.subprocess, "Popen", refused)
    monkeypatch.setattr(chosen, "now", lambda: chosen.Chosen("numba", precision, emulate))
    second._start("float64")
    assert told == ["float64", precision, str(emulate)]


@pytest.mark.parametrize("emulate", [False, True])
def test_it_rehearses_in_that_precision(emulate, tmp_path):
    if instruction() is None and not emulate:
        pytest.skip("no instruction that multiplies bfloat16")
    with python(REHEARSED.format(emulate=emulate), tmp_path) as process:
        now, *names = process.stdout.read().split()
    assert now == f"numba,bf16,{emulate}"
    assert ("rectangle_bf16" in names, "rectangle" in names) == (not emulate, emulate)


def test_where_no_process_can_be_started_one_compiles(monkeypatch):
    def refused(*arguments, **options):
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(second.subprocess, "Popen", refused)
    second._start("float32")

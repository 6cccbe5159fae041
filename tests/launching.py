"""Several processes that an MPI launcher starts, with a time limit; skipped where there is none."""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from minivit.checkpoints import read_checkpoint

HERE = Path(sys.executable).parent
TESTS, HOUSE = Path(__file__).parent, Path(__file__).parents[1]


def launchers() -> dict[str, list[str]]:
    """By the name of the MPI, how its mpiexec is called to start any number of processes here."""
    found = {}
    in_path = map(shutil.which, ("mpiexec", "mpiexec.openmpi"))
    for path in (shutil.which("mpiexec", path=HERE), *in_path):
        if path is None or find_spec("mpi4py") is None:
            continue
        said = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60
        ).stdout
        if "HYDRA" in said:
            found.setdefault("mpich", [path])
        elif "Open MPI" in said or "OpenRTE" in said or "prte" in said.lower():
            flags = ["--bind-to", "none", "--oversubscribe", "--allow-run-as-root"]
            found.setdefault("openmpi", [path, *flags])
    return found


LAUNCHERS = launchers()
every_mpi = pytest.mark.parametrize("mpi", [
    pytest.param(name, marks=pytest.mark.skipif(
        name not in LAUNCHERS, reason=f"needs mpi4py and {name}'s mpiexec: see the extra mpi"
    ))
    for name in ("mpich", "openmpi")
])  # fmt: skip

SMALL = "train --width 16 --depth 1 --heads 2 --mlp 16 --batch 120 --seed 3".split()


def environment(**variables: str) -> dict[str, str]:
    """That of the processes: a thread each, unless they are to choose, and NumPy's ops."""
    kept = {name: value for name, value in os.environ.items() if not name.endswith("NUM_THREADS")}
    path = os.pathsep.join([str(HOUSE), str(TESTS), os.environ.get("PYTHONPATH", "")])
    told = {"PYTHONPATH": path, "MINIVIT_BACKEND": "numpy"}
    return kept | told | variables


def begin(mpi: str, count: int, *command: str, **variables: str) -> subprocess.Popen:
    """Start `python COMMAND` in so many processes."""
    call = [*LAUNCHERS[mpi], "-n", str(count), sys.executable, *command]
    return subprocess.Popen(
        call, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        env=environment(**variables),
    )  # fmt: skip


def end(process: subprocess.Popen, seconds: float = 120) -> subprocess.CompletedProcess:
    """Wait for it; one that hangs is killed, and fails the test."""
    try:
        out, err = process.communicate(timeout=seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        out, err = process.communicate()
        pytest.fail(f"hangs after {seconds} s; it said: {out}{err}")
    return subprocess.CompletedProcess(process.args, process.returncode, out, err)


def launch(mpi: str, count: int, *command: str, **variables: str) -> subprocess.CompletedProcess:
    return end(begin(mpi, count, *command, **variables))


def said(done: subprocess.CompletedProcess) -> list[str]:
    """The sentences on stderr: MPICH's own line of an abort is none of ours."""
    return [line for line in done.stderr.splitlines() if line.startswith("minivit")]


def bits(folder):
    header, groups = read_checkpoint(folder, ("parameters", "first_moment", "second_moment"))
    return header["training"]["state"]["history"], {
        (group, name): array.tobytes() for group in groups for name, array in groups[group].items()
    }

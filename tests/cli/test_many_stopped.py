"""`minivit train` in several processes that are interrupted, or killed."""

import os
import signal
import subprocess
import sys
import time

import kills_mpi
import pytest
from launching import (
    LAUNCHERS,
    SMALL,
    TESTS,
    begin,
    bits,
    end,
    environment,
    every_mpi,
    launch,
    said,
)

SLOW = """
import sys, time
from pathlib import Path
from minivit.cli.main import main
from minivit.processes import own_number
from minivit.training import training

def waiting(model, data):
    Path(sys.argv[-1]).with_name(f"ready {own_number()}").touch()
    time.sleep(60)

training.data_taken = waiting
sys.exit(main())
"""
LONG = [*SMALL, "--epochs", "40", "--quiet"]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The bits of a run of two processes that nobody stopped; each MPI sums two alike."""
    folder = tmp_path_factory.mktemp("undisturbed") / "run"
    done = launch(next(iter(LAUNCHERS)), 2, "-m", "minivit", *LONG, "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return bits(folder)


@every_mpi
@pytest.mark.parametrize(
    "number, to",
    [(signal.SIGINT, "one"), (signal.SIGTERM, "all"), (signal.SIGINT, "launcher"),
     (signal.SIGTERM, "launcher")],
)  # fmt: skip
def test_a_signal_saves_and_the_run_goes_on_to_the_same_bits(
    mpi, number, to, undisturbed, tmp_path
):
    folder = tmp_path / "run"
    process = begin(mpi, 2, "-m", "mpi4py", "-m", "minivit", *LONG, "--out", str(folder))
    wait_for(lambda: (folder / "history.csv").exists())
    found = kills_mpi.processes(process.pid)
    for each in {"one": found[-1:], "all": found, "launcher": [process.pid]}[to]:
        os.kill(each, number)
    stopped = end(process)
    # Open MPI's mpiexec, when it is told itself, ends the others and gives a code of its own.
    codes = (1, 130) if (mpi, to) == ("openmpi", "launcher") else (130,)
    assert stopped.returncode in codes, stopped.stderr
    assert f"mpiexec -n 2 minivit train --resume {folder}" in stopped.stderr
    done = launch(mpi, 2, "-m", "minivit", "train", "--resume", str(folder), "--quiet")
    assert done.returncode == 0 and "last bits may differ" not in done.stderr
    assert bits(folder) == undisturbed


@every_mpi
@pytest.mark.parametrize("to", ["one", "launcher"])
def test_an_interrupt_before_the_first_step_ends_all_with_one_sentence(mpi, to, tmp_path):
    (tmp_path / "slow.py").write_text(SLOW)
    call = [str(tmp_path / "slow.py"), *SMALL, "--out", str(tmp_path / "run")]
    process = begin(mpi, 2, *call)
    wait_for(lambda: len(list(tmp_path.glob("ready*"))) == 2)
    found = kills_mpi.processes(process.pid)
    for each in {"one": found[-1:], "launcher": [process.pid]}[to]:
        os.kill(each, signal.SIGINT)
    stopped = end(process)
    assert stopped.returncode != 0
    if (mpi, to) != ("openmpi", "launcher"):  # whose mpiexec ends the others itself
        assert said(stopped) == ["minivit: interrupted"], stopped.stderr


@every_mpi
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_process_loses_nothing(mpi):
    call = [sys.executable, str(TESTS / "kills_mpi.py"), "--count", "3", "--mpi", mpi]
    done = subprocess.run(call, capture_output=True, text=True, env=environment(), timeout=200)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 kills in" in done.stdout and "every run ended in the same bits" in done.stdout


def wait_for(there):
    for _ in range(600):
        if there():
            return
        time.sleep(0.05)
    pytest.fail("it never came")

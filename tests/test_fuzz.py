"""The fuzz in small, and that it would notice each kind of fault."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

FUZZ = Path(__file__).parent / "fuzz.py"

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="cases run in forked processes")


def fuzz(*arguments) -> subprocess.CompletedProcess:
    command = [sys.executable, "-W", "error", str(FUZZ), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True)


@pytest.mark.parametrize("kind, count", [("checkpoints", 100), ("pictures", 150)])
def test_no_file_does_any_harm(kind, count):
    done = fuzz(kind, "--count", count, "--seed", 1)
    assert done.returncode == 0 and f"{count} {kind}: 0 with a fault" in done.stdout, done


def test_a_run_goes_on_after_the_batches_that_are_done(tmp_path):
    noted = {"kind": "pictures", "seed": 0, "start": 0, "cases": 100, "faults": [],
             "ends": {"0": 100}, "slowest": 9.5, "memory": 1}  # fmt: skip
    (tmp_path / "out").write_text(json.dumps(noted) + '\n{"half a li')
    done = fuzz("pictures", "--count", 102, "--out", tmp_path / "out")
    assert "102 pictures: 0 with a fault" in done.stdout and "slowest 9.5 s" in done.stdout, done
    assert len((tmp_path / "out").read_text().splitlines()) == 3


CASES = """
import sys, os, time, traceback
sys.path.insert(0, {folder!r})
import fuzz

class Cases:
    def prepared(): pass
    def run_case(folder, seed, number):
        try:
            return "0", {fault}
        except MemoryError:
            return "fault", "no memory"
fuzz.SECONDS = 1
fuzz.cases_of = lambda kind: Cases
sys.exit(fuzz.main(["pictures", "--count", "5"]))
"""


@pytest.mark.parametrize(
    "fault, words",
    [
        ("'a fault' if number == 3 else ''", "case 3: a fault"),
        ("time.sleep(9 * (number == 3)) or ''", "case 3: took longer than 1 s"),
        ("number == 3 and os._exit(7) or ''", "case 3: ended the process with 7"),
        ("number == 3 and os.kill(os.getpid(), 11) or ''", "case 3: ended the process with -11"),
        ("number == 3 and bytes(2 * 10**9) and ''", "case 3: no memory"),
        ("number == 3 and os.write(2, b'oops') and ''", "case 3: C code wrote b'oops'"),
    ],
)
def test_each_kind_of_fault_is_noticed_and_the_others_go_on(fault, words):
    code = CASES.format(folder=str(FUZZ.parent), fault=fault)
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 1 and words in done.stdout, done
    assert "5 pictures: 1 with a fault" in done.stdout and time.monotonic() - began < 9

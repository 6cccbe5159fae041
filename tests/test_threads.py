"""How many threads the linear algebra may use, and when they rest."""

import os
import subprocess
import sys

import pytest

from minivit import threads
from minivit.errors import InputError


def test_every_processor_by_default(monkeypatch):
    monkeypatch.delenv("MINIVIT_NUM_THREADS", raising=False)
    assert threads.thread_count() == threads.available_threads() >= 1


def test_the_variable_decides(monkeypatch):
    monkeypatch.setenv("MINIVIT_NUM_THREADS", "7")
    assert threads.thread_count() == 7


@pytest.mark.parametrize("given", ["0", "-1", "two", "1.5", "²", "100000", "9" * 5000])
def test_a_variable_that_is_no_number(given, monkeypatch):
    monkeypatch.setenv("MINIVIT_NUM_THREADS", given)
    with pytest.raises(InputError, match=f"MINIVIT_NUM_THREADS is '{given}': expected a whole"):
        threads.thread_count()


def test_as_many_as_make_sense_and_no_more(monkeypatch):
    monkeypatch.setattr(threads, "available_threads", lambda: 2)
    assert threads.checked("--threads", "64") == 64
    with pytest.raises(InputError, match=r"--threads is '65': .* from 1 to 64, e\.g\. 2, the"):
        threads.checked("--threads", "65")
    monkeypatch.setattr(threads, "available_threads", lambda: 96)
    assert threads.checked("--threads", "384") == 384


def test_more_than_there_are_processors(monkeypatch):
    monkeypatch.setattr(threads, "available_threads", lambda: 2)
    assert threads.crowded(2) is None
    assert threads.crowded(8) == (
        "8 threads share 2 processors and wait for each other; 2 would be faster"
    )


def test_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert threads.available_threads() == 1


def test_too_late_with_another_count(monkeypatch):
    monkeypatch.setenv("MINIVIT_NUM_THREADS", "")  # to be restored
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    assert "numpy" in sys.modules
    threads.set_threads(2)
    with pytest.raises(InputError, match="3 threads were asked for after NumPy had started"):
        threads.set_threads(3)


def test_numpy_starts_as_many_as_were_set():
    code = (
        "import os; from minivit.threads import set_threads; set_threads(1); import numpy as np\n"
        "x = np.ones((400, 400)); x @ x\n"
        "print(len(os.listdir('/proc/self/task')) if os.path.exists('/proc/self/task') else 1)"
    )
    environment = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stdout == "1\n", done.stderr


def test_a_pool_that_never_sleeps_is_not_waited_for_for_ever(monkeypatch):
    clock = iter(range(1000))
    monkeypatch.setattr(threads.time, "process_time", lambda: next(clock))
    monkeypatch.setattr(threads, "LOOK", 0)
    threads.fall_asleep()
    assert next(clock) == 2 * threads.PATIENCE


def test_open_mpi_that_holds_a_process_to_one_processor_is_told(monkeypatch):
    monkeypatch.setattr("minivit.threads.available_threads", lambda: 1)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert threads.bound_to_one() is None
    for name, value in (("SIZE", "2"), ("RANK", "0"), ("LOCAL_SIZE", "2")):
        monkeypatch.setenv(f"OMPI_COMM_WORLD_{name}", value)
    assert "to 1 of 8 processors, and 4 threads each" in threads.bound_to_one()
    assert "--bind-to none" in threads.bound_to_one()
    monkeypatch.setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "8")
    assert threads.bound_to_one() is None

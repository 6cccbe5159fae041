"""Hypothesis' profiles, and the ops under test."""

import importlib
import os

import pytest
from hypothesis import settings

from minivit import backend

# deadline=None: the first call of an op may be slow, and that is no fault of the op's.
settings.register_profile("dev", max_examples=25, deadline=None)
settings.register_profile("ci", max_examples=100, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=1000, deadline=None)
settings.register_profile("few", max_examples=3, deadline=None, derandomize=True)  # without a JIT
settings.load_profile(
    os.environ.get("MINIVIT_HYPOTHESIS") or ("ci" if "CI" in os.environ else "dev")
)


SKIPPED = os.environ.get("MINIVIT_SKIPPED")  # a file for the names of skipped tests, if any


def pytest_runtest_logreport(report):
    """The process that collects the reports writes them down; pytest @FILE runs them later."""
    if report.skipped and SKIPPED and "PYTEST_XDIST_WORKER" not in os.environ:
        with open(SKIPPED, "a", encoding="utf-8") as file:
            file.write(f"{report.nodeid}\n")


pytest_collectreport = pytest_runtest_logreport  # a file that is skipped as a whole


@pytest.fixture(autouse=True)
def backend_stays():
    """Commands such as `minivit train` ask for the kernels: the next test must not inherit them."""
    with backend.use(backend.name()):
        yield


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """An empty folder to work in, and no data of the machine's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("MINIVIT_DATA", raising=False)


@pytest.fixture
def on_numpy(tmp_path, monkeypatch):
    """An empty folder to work in, where verbs that ask for the kernels get NumPy's ops."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")


@pytest.fixture(scope="module", params=backend.MODULES)
def ops(request):
    """The module whose ops are tested (`ops.linear_forward`, ...); models run on it, too.

    Kernels run on one thread here: a gradient check makes thousands of calls on a few numbers, and
    for each a second thread would be woken, and waited for wherever others use the processors.
    """
    with backend.use(request.param):
        if request.param == "numpy":
            yield backend.current()
            return
        numba = importlib.import_module("numba")
        threads = numba.get_num_threads()
        numba.set_num_threads(1)
        yield backend.current()
        numba.set_num_threads(threads)

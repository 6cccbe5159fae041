import asyncio
import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

import minivit.ops
from minivit import InputError, backend, chosen


@pytest.fixture(autouse=True)
def nobody_has_chosen(monkeypatch):
    monkeypatch.setattr(chosen, "_default", None)
    monkeypatch.delenv("MINIVIT_BACKEND", raising=False)
    former = chosen._chosen.set(None)
    yield
    chosen._chosen.reset(former)


@pytest.fixture
def no_numba(monkeypatch):
    """As on a machine whose Numba does not fit its NumPy."""
    real = importlib.import_module

    def fake(name, *rest):
        if name == "minivit.kernels":
            raise ImportError("Numba needs NumPy 1.0 or less")
        return real(name, *rest)

    monkeypatch.setattr(backend.importlib, "import_module", fake)


@pytest.fixture
def stand_in(monkeypatch):
    """A second backend that is always there."""
    monkeypatch.setitem(backend.MODULES, "numba", "minivit.errors")
    return importlib.import_module("minivit.errors")


def test_numpy_unless_somebody_chose():
    assert backend.current() is minivit.ops
    assert backend.name() == "numpy"


def test_use(stand_in):
    backend.use("numba")
    assert backend.current() is stand_in
    assert backend.name() == "numba"


def test_use_in_a_with_block_brings_the_former_back(stand_in):
    with backend.use("numba"):
        assert backend.current() is stand_in
        with backend.use("numpy"):
            assert backend.current() is minivit.ops
        assert backend.current() is stand_in
    assert backend.current() is minivit.ops


def in_a_thread(work):
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def test_a_choice_holds_in_its_thread_alone(stand_in):
    backend.use("numpy")

    def work():
        former = backend.name()
        backend.use("numba")
        return former, backend.name(), backend.current()

    assert in_a_thread(work) == ("numpy", "numba", stand_in)
    assert backend.name() == "numpy"
    assert in_a_thread(backend.name) == "numpy"


def test_a_thread_that_runs_is_not_switched(stand_in):
    backend.use("numba")
    with ThreadPoolExecutor(1) as pool:
        names = [pool.submit(backend.name).result()]
        with backend.use("numpy"):
            names.append(pool.submit(backend.name).result())
        backend.use("numpy")
        names.append(pool.submit(backend.name).result())
    assert names == ["numba"] * 3


def test_a_thread_begins_with_what_the_main_thread_chose(stand_in):
    assert in_a_thread(backend.name) == "numpy"
    backend.use("numba")
    assert in_a_thread(backend.name) == "numba"
    with backend.use("numpy"):  # in this thread, for this block
        assert in_a_thread(backend.name) == "numba"
        assert backend.name() == "numpy"
    assert backend.name() == "numba"
    assert in_a_thread(backend.name) == "numba"


def test_a_choice_in_a_task_holds_in_the_task_alone(stand_in):
    backend.use("numpy")

    async def one(name):
        with backend.use(name):
            await asyncio.sleep(0)
            return backend.name()

    async def both():
        return await asyncio.gather(one("numba"), one("numpy"))

    assert asyncio.run(both()) == ["numba", "numpy"]
    assert backend.name() == "numpy"


def test_use_comes_back_after_an_error(stand_in):
    backend.use("numpy")
    with pytest.raises(RuntimeError, match="in the middle"), backend.use("numba"):
        raise RuntimeError("in the middle")
    assert backend.name() == "numpy"


@pytest.mark.parametrize("name", ["torch", "", "NumPy"])
def test_use_refuses_other_names(name):
    backend.use("numpy")
    with pytest.raises(InputError, match='choose "numpy" or "numba"'):
        backend.use(name)
    assert backend.name() == "numpy"


def test_use_says_that_a_library_cannot_be_loaded(monkeypatch):
    def fail(name):
        raise OSError("could not load libllvmlite.so")

    monkeypatch.setattr(backend.importlib, "import_module", fail)
    with pytest.raises(InputError, match=r"can't be used here \(could not load libllvmlite"):
        backend.use("numba")


def test_use_says_why_numba_is_not_there(no_numba):
    with pytest.raises(InputError, match=r"can't be used here \(Numba needs NumPy 1.0 or less\)"):
        backend.use("numba")


def test_prefer(stand_in):
    backend.prefer("numba")
    assert backend.name() == "numba"


def test_the_environment_wins_over_a_preference(stand_in, monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")
    backend.prefer("numba")
    assert backend.name() == "numpy"


def test_the_environment_wins_at_the_start(stand_in, monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numba")
    assert backend.current() is stand_in


def test_the_environment_may_be_wrong(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "cuda")
    with pytest.raises(InputError, match="MINIVIT_BACKEND: backend is 'cuda'"):
        backend.current()


def test_without_numba_a_preference_goes_on_with_numpy(no_numba, capsys):
    backend.prefer("numba")
    assert backend.name() == "numpy"
    assert "going on with NumPy" in capsys.readouterr().err


def test_in_a_fresh_python_without_numba_too(tmp_path):
    (tmp_path / "numba.py").write_text("raise ImportError('Numba needs NumPy 1.0 or less')")
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from minivit import backend; backend.prefer('numba'); print(backend.name())"
    )
    kept = {k: v for k, v in os.environ.items() if not k.startswith("MINIVIT_")}
    done = subprocess.run([sys.executable, "-c", code], env=kept, capture_output=True, text=True)
    assert done.stdout == "numpy\n"
    assert done.stderr.startswith("minivit: the Numba backend can't be used here (Numba needs")
    assert done.stderr.endswith("going on with NumPy.\n") and done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", ["doctor", "warmup"])
def test_a_variable_that_says_nonsense_is_not_taken_for_a_missing_numba(verb):
    pytest.importorskip("numba")
    kept = {k: v for k, v in os.environ.items() if k != "MINIVIT_BACKEND"}
    done = subprocess.run(
        [sys.executable, "-m", "minivit", verb],
        env={**kept, "MINIVIT_CACHE": "nonsense"}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 2
    assert "minivit: MINIVIT_CACHE is 'nonsense': expected 0, which turns" in done.stderr


def test_nor_by_a_preference(monkeypatch):
    def fails(name):
        raise InputError("MINIVIT_CACHE is 'nonsense'")

    monkeypatch.setattr(backend, "load", fails)
    monkeypatch.delenv("MINIVIT_BACKEND", raising=False)
    with pytest.raises(InputError, match="nonsense"):
        backend.prefer("numba")

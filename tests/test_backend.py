import asyncio
import importlib
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

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


@pytest.fixture
def without_instruction(stand_in, monkeypatch):
    """Kernels on a processor that can't multiply bfloat16."""
    module = SimpleNamespace(instruction=lambda: None)
    monkeypatch.setitem(sys.modules, "minivit.kernels.product.bf16.instructions", module)
    monkeypatch.setitem(sys.modules, "minivit.kernels.product.choice", None)


@pytest.fixture
def with_instruction(without_instruction, monkeypatch):
    module = SimpleNamespace(instruction=lambda: "amx")
    monkeypatch.setitem(sys.modules, "minivit.kernels.product.bf16.instructions", module)


def test_products_round_nothing_unless_somebody_chose():
    assert backend.precision() == "float32" and not chosen.rounds_products()
    backend.use("numpy")
    assert backend.precision() == "float32" and not chosen.rounds_products()


@pytest.mark.usefixtures("with_instruction")
def test_a_precision_holds_in_its_block():
    with backend.use("numba", precision="bf16"):
        assert chosen.rounds_products() and backend.precision() == "bf16"
        with backend.use("numba"):  # who names no precision asks for float32
            assert not chosen.rounds_products()
        with backend.use("numpy", precision="bf16", emulate=True):
            assert backend.precision() == "bf16"  # NumPy knows no other way
        assert chosen.rounds_products() and backend.name() == "numba"
    assert not chosen.rounds_products()


@pytest.mark.usefixtures("with_instruction")
def test_a_precision_holds_in_its_thread_alone():
    backend.use("numba")

    def work():
        backend.use("numba", precision="bf16")
        return backend.precision()

    assert in_a_thread(work) == "bf16"
    assert backend.precision() == "float32" and in_a_thread(backend.precision) == "float32"
    with backend.use("numba", precision="bf16"):
        assert in_a_thread(backend.precision) == "float32"
    backend.use("numba", precision="bf16")
    assert in_a_thread(backend.precision) == "bf16"


def test_a_precision_in_a_task_holds_in_the_task_alone():
    async def one(precision):
        with backend.use("numpy", precision=precision):
            await asyncio.sleep(0)
            return backend.precision()

    async def both():
        return await asyncio.gather(one("bf16"), one("float32"))

    assert asyncio.run(both()) == ["bf16", "float32"]
    assert backend.precision() == "float32"


@pytest.mark.parametrize("word", ["fp16", "", "BF16", "float64"])
def test_another_precision_is_refused(word):
    with pytest.raises(InputError, match='choose "float32" or "bf16"'):
        backend.use("numpy", precision=word)
    assert backend.precision() == "float32"


@pytest.mark.usefixtures("without_instruction")
def test_a_processor_without_the_instruction_must_be_told_to_emulate():
    backend.use("numpy", precision="bf16")  # NumPy needs none
    for ask in (backend.use, backend.prefer):
        with pytest.raises(InputError, match="no instruction here that multiplies bfloat16"):
            ask("numba", precision="bf16")
        assert backend.name() == "numpy" and backend.precision() == "bf16"
    backend.use("numba", precision="bf16", emulate=True)
    assert chosen.rounds_products() and backend.precision() == "bf16, emulated"


@pytest.mark.usefixtures("with_instruction")
def test_emulation_must_have_something_to_emulate():
    for ask in (backend.use, backend.prefer):
        with pytest.raises(InputError, match='precision is "float32", which needs none'):
            ask("numba", emulate=True)


@pytest.mark.usefixtures("with_instruction")
def test_blas_has_no_product_for_bf16():
    with pytest.raises(InputError, match="BLAS has no product for bf16"):
        backend.use("numba", matmul="blas", precision="bf16")


@pytest.mark.usefixtures("without_instruction")
def test_the_environment_wins_over_a_preference_in_bf16_too(monkeypatch):
    monkeypatch.setenv("MINIVIT_BACKEND", "numpy")
    backend.prefer("numba", precision="bf16")
    assert backend.name() == "numpy" and backend.precision() == "bf16"


def test_without_numba_bf16_goes_on_with_numpy(no_numba, capsys):
    backend.prefer("numba", precision="bf16")
    assert backend.name() == "numpy" and backend.precision() == "bf16"
    assert "going on with NumPy" in capsys.readouterr().err


@pytest.mark.usefixtures("with_instruction")
def test_a_function_that_shall_not_round_does_not():
    @backend.unrounded
    def seen(*arguments, **options):
        """What it sees."""
        return backend.name(), backend.precision(), arguments, options

    assert seen.__doc__ == "What it sees."
    with backend.use("numba", precision="bf16"):
        assert seen(1, two=2) == ("numba", "float32", (1,), {"two": 2})
        assert backend.precision() == "bf16"

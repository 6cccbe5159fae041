"""Who multiplies: the word is checked, the choice is kept, and both sides compute the same."""

import itertools
import time

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit import InputError, backend
from minivit.checking.twins import compare
from minivit.kernels.product import choice, matmul


@pytest.fixture(autouse=True)
def nobody_has_chosen(monkeypatch):
    monkeypatch.delenv("MINIVIT_MATMUL", raising=False)
    monkeypatch.setattr(choice, "_state", {"asked": None, "chosen": None, "speeds": None})
    with backend.use("numpy"):
        yield


@pytest.fixture
def speeds(monkeypatch):
    """A machine where BLAS may win, and how fast both sides are on it; counts the measurements."""
    state = {"speeds": choice.Speeds(100.0, 100.0), "measured": 0}

    def measure():
        state["measured"] += 1
        return state["speeds"]

    monkeypatch.setattr(choice, "blas_may_win", lambda: True)
    monkeypatch.setattr(choice, "measure", measure)
    return state


@pytest.mark.parametrize("blas, expected", [(50, "numba"), (114, "numba"), (116, "blas")])
def test_auto_takes_blas_only_if_it_is_faster_by_far(speeds, blas, expected):
    speeds["speeds"] = choice.Speeds(100.0, float(blas))
    assert choice.chosen() == expected


def test_auto_measures_once(speeds):
    choice.chosen()
    choice.chosen()
    choice.choose("numba")
    choice.choose("auto")
    choice.chosen()
    assert speeds["measured"] == 1


def test_where_blas_has_nothing_of_its_own_auto_must_be_asked_for(speeds, monkeypatch):
    monkeypatch.setattr(choice, "blas_may_win", lambda: False)
    speeds["speeds"] = choice.Speeds(100.0, 200.0)
    assert choice.chosen() == "numba"
    assert speeds["measured"] == 0
    choice.choose("auto")
    assert choice.chosen() == "blas"
    assert speeds["measured"] == 1


@pytest.mark.parametrize("system, machine, may", [
    ("darwin", "arm64", True), ("darwin", "x86_64", False), ("linux", "aarch64", False),
])  # fmt: skip
def test_where_blas_may_win(system, machine, may, monkeypatch):
    monkeypatch.setattr(choice.sys, "platform", system)
    monkeypatch.setattr(choice.platform, "machine", lambda: machine)
    assert choice.blas_may_win() is may


@pytest.mark.parametrize("word", ["numba", "blas"])
def test_the_variable_decides_without_measuring(word, speeds, monkeypatch):
    monkeypatch.setenv("MINIVIT_MATMUL", word)
    assert choice.chosen() == word
    assert speeds["measured"] == 0


def test_another_word_in_the_variable_is_a_sentence(monkeypatch):
    monkeypatch.setenv("MINIVIT_MATMUL", "mkl")
    with pytest.raises(InputError, match=r'MINIVIT_MATMUL is \'mkl\': choose "numba" .*"auto"'):
        backend.use("numba")


def test_use_chooses_and_its_block_takes_it_back(monkeypatch):
    monkeypatch.setenv("MINIVIT_MATMUL", "numba")
    with backend.use("numba", matmul="blas"):
        assert choice.chosen() == "blas"
        with backend.use("numpy"), backend.use("numba"):  # says nothing of the product
            assert choice.chosen() == "blas"
        assert choice.chosen() == "blas"
    assert choice.chosen() == "numba"


def test_use_refuses_other_words():
    with pytest.raises(InputError, match="matmul is 'cublas': choose"):
        backend.use("numba", matmul="cublas")
    with pytest.raises(InputError, match='"numpy" backend always multiplies with NumPy\'s BLAS'):
        backend.use("numpy", matmul="blas")
    assert backend.name() == "numpy"


def test_a_side_is_measured_while_the_other_sleeps(monkeypatch):
    """OpenBLAS's threads look out for work long after a product, on a processor that ours want."""
    calls = []
    monkeypatch.setattr(choice, "fall_asleep", lambda: calls.append("sleep"))
    monkeypatch.setattr(choice, "blas_into", lambda *_: calls.append("blas"))
    monkeypatch.setattr(choice, "tiled_into", lambda *_: calls.append("numba"))
    monkeypatch.setattr(choice, "SECONDS", 1e-3)
    choice.measure()
    assert [who for who, _ in itertools.groupby(calls)] == ["sleep", "numba", "sleep", "blas"]


def test_a_first_call_that_compiles_is_not_measured(monkeypatch):
    waits = iter([0.05])
    monkeypatch.setattr(choice, "SECONDS", 1e-3)
    monkeypatch.setattr(choice, "SHAPES", choice.SHAPES[:1])
    m, n, k = choice.SHAPES[0]
    speed = choice._speed(lambda *_: time.sleep(next(waits, 0)))
    assert speed > 2e-9 * m * n * k / 0.05


def test_a_measurement_is_quick_and_changes_no_choice():
    choice.choose("blas")
    assert choice.chosen() == "blas"
    speeds = choice.measure()
    assert min(speeds) > 0 and all(isinstance(speed, float) for speed in speeds)
    assert choice.chosen() == "blas"


def test_blas_is_really_asked(monkeypatch):
    """Else the comparison below would compare our own product with itself."""
    asked = []
    monkeypatch.setattr(matmul, "blas_into", lambda out, *rest, **fused: asked.append(rest) or out)
    choice.choose("blas")
    matmul.matmul(np.ones((2, 3)), np.ones((3, 4)))
    assert len(asked) == 1


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_with_blas_every_op_is_the_same(dtype):
    with backend.use("numba", matmul="blas"):
        for twin in compare(backend.current(), dtype):
            assert twin.ok, twin


@pytest.mark.parametrize("dtype, tolerance", [("float32", 1e-5), ("float64", 1e-13)])
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_what_is_fused_with_a_product(form, dtype, tolerance):
    draw = np.random.default_rng(0).standard_normal
    a, b, dy, residual = (draw(s).astype(dtype) for s in ((9, 5), (5, 7), (9, 7), (9, 7)))
    bias, sums = draw(7).astype(dtype), {}

    def everything():
        z, h = matmul.matmul_gelu(a, b, bias, form=form)
        column_sums, out = np.full(7, np.nan, dtype), np.full((5, 7), np.nan, dtype)
        matmul._matmul_into(out, a.T, dy, column_sums=column_sums)
        with_both = matmul.matmul(a, b, bias=bias, residual=residual)
        stack = matmul.matmul(np.stack([a, 2 * a]), np.stack([b, b]))
        return [z, h, *matmul.matmul_gelu_backward(a, b, dy, form=form), out, column_sums,
                with_both, matmul.matmul(a, b, residual=residual), stack]  # fmt: skip

    for word in ("numba", "blas"):
        choice.choose(word)
        sums[word] = everything()
    for ours, theirs in zip(*sums.values(), strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, rtol=tolerance, atol=tolerance)


def test_empty_products(monkeypatch):
    choice.choose("blas")
    assert matmul.matmul(np.ones((0, 3)), np.ones((3, 4))).shape == (0, 4)
    assert not matmul.matmul(np.ones((2, 0)), np.ones((0, 4))).any()

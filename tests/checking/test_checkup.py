import numpy as np
import pytest

from minivit.checking import checkup
from minivit.errors import InputError


def without_kernels(monkeypatch) -> dict:
    """The facts where Numba can't be imported."""

    def fails(name):
        raise InputError("no kernels") from ImportError("Numba needs another NumPy")

    monkeypatch.setattr(checkup.backend, "load", fails)
    return checkup.examine()


def test_without_kernels_there_are_still_facts_and_advice(monkeypatch):
    facts = without_kernels(monkeypatch)
    assert facts["trouble"] == "Numba needs another NumPy"
    assert facts["versions"]["numpy"] == np.__version__
    assert facts["threads"]["processors"] >= 1
    assert (facts["self-test"], facts["cache"], facts["product"]) == ([], {}, {})
    assert facts["advice"][0].startswith("Numba can't be used (Numba needs another NumPy)")


def test_a_variable_that_says_nonsense_is_refused(monkeypatch):
    def fails(name):
        raise InputError("MINIVIT_CACHE is 'nonsense'")

    monkeypatch.setattr(checkup.backend, "load", fails)
    with pytest.raises(InputError, match="nonsense"):
        checkup.examine()


class Wrong:
    """Kernels whose softmax is a little off, and whose LayerNorm gives NaN."""

    def __getattr__(self, name):
        from minivit import ops

        right = getattr(ops, name)
        if name == "softmax_forward":
            return lambda x: (right(x)[0] * 1.001, right(x)[1])
        if name == "layernorm_backward":
            return lambda dy, cache: (dy * np.nan, *right(dy, cache)[1:])
        return right


def test_the_self_test_finds_what_is_wrong():
    wrong = [(twin.op, twin.dtype) for twin in checkup.self_test(Wrong()) if not twin.ok]
    assert wrong == [
        (op, dtype) for dtype in ("float32", "float64") for op in ("layernorm", "softmax")
    ]

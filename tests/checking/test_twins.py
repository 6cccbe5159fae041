"""The comparison of kernels with ops sees every way to call an op, and each output and gradient."""

import numpy as np
import pytest

from minivit import ops
from minivit.checking import twins
from minivit.checking.calls import OPS, calls
from minivit.checking.twins import Twin, both_ways, compare, difference


def test_every_way_to_call_an_op_is_compared(monkeypatch):
    seen = []

    def spy(module, call, inputs, **options):
        seen.append(call.name)
        return both_ways(module, call, inputs, **options)

    monkeypatch.setattr(twins, "both_ways", spy)
    compare(ops, "float32")
    sizes = {op: 1 + len(twins.MORE.get(op, ())) for op in OPS}
    names = [[call.name for call in calls(op)] * sizes[op] for op in OPS]
    assert seen == [name for of_op in names for name in of_op for _side in range(2)]


def test_every_op_has_a_row():
    rows = compare(ops, "float32")
    assert [row.op for row in rows[: len(OPS)]] == list(OPS)
    assert all(row.difference == 0 for row in rows)


def test_the_ops_without_a_backward_have_rows_too():
    alone = {name for name in ops.__all__ if name.endswith("_step")} | {"global_norm"}
    assert {row.op for row in compare(ops, "float32")} == {*OPS, *alone}


@pytest.mark.parametrize("op", ["adam_step", "sgd_step", "muon_step", "global_norm"])
def test_a_step_that_differs_is_found(op):
    class Wrong:
        """Kernels of which one moves a little too far."""

        def __getattr__(self, name):
            right = getattr(ops, name)
            if name != op:
                return right
            if name == "global_norm":
                return lambda g: 1.001 * right(g)
            return lambda *arrays, **options: right(
                *arrays, **options | {"learning_rate": 1.5 * options["learning_rate"]}
            )

    assert [row.op for row in compare(Wrong(), "float32") if not row.ok] == [op]


def test_a_call_runs_both_ways():
    call = calls("linear")[1]
    x, w, b = call.draw(np.random.default_rng(0))
    y, dx, dw, db = both_ways(ops, call, [x, w, b], np.ones((4, 5, 7)))
    assert np.array_equal(y, ops.linear_forward(x, w)[0])
    assert np.allclose(dx, w.sum(axis=1))
    assert np.allclose(dw, x.sum(axis=(0, 1))[:, None])
    assert db is None


X = np.array([[1.0, -2.0]])


@pytest.mark.parametrize(
    "found", [[X.T, None], [X.astype("float32"), None], [X * np.nan, None], [X, X], [None, None]]
)
def test_what_is_no_number_is_no_agreement(found):
    assert np.isnan(difference([X, None], found))
    assert not Twin("linear", "float32", difference([X, None], found)).ok


def test_the_difference_is_the_worst_of_all_relative_to_the_largest_number():
    assert difference([X, None, X], [X, None, X + 0.5]) == 0.25
    assert difference([X, X], [X + 0.5, X]) == 0.25
    assert np.isnan(difference([X, X], [X * np.nan, X]))
    assert difference([0 * X], [0 * X]) == 0

"""The table of calls: every op is in it, with all that may be absent, at any sizes."""

import inspect

import numpy as np
import pytest

from minivit import ops
from minivit.checking.calls import OPS, calls, every_call
from minivit.checking.sizes import SMALL, Array, Sizes, filters, normal, weights
from minivit.ops import AttentionOptions, BranchDrop, Drop


def test_every_op_is_in_the_table():
    for direction in ("_forward", "_backward"):
        assert {name.removesuffix(direction) for name in vars(ops) if name.endswith(direction)} == (
            set(OPS)
        )


def test_every_way_has_a_name_of_its_own():
    assert len(every_call()) == sum(len(calls(op)) for op in OPS)
    assert all(name.startswith(call.op) for name, call in every_call().items())
    assert all(calls(op)[0].name == op for op in OPS), "the first way is the plain one"


@pytest.mark.parametrize("op", OPS)
def test_every_input_that_may_be_absent_is_there_and_absent(op):
    forward = getattr(ops, f"{op}_forward")
    hints = inspect.get_annotations(forward)
    parameters = inspect.signature(forward).parameters.items()
    names = [name for name, p in parameters if p.kind is not p.KEYWORD_ONLY]
    for call in calls(op):
        assert len(call.inputs) == len(names), call.name
    for i, name in enumerate(names):
        absent = {call.inputs[i] is None for call in calls(op)}
        assert absent == ({True, False} if "None" in str(hints[name]) else {False}), name


@pytest.mark.parametrize("op", OPS)
def test_every_option_is_given_in_some_way(op):
    """`note` is no option of the mathematics."""
    parameters = inspect.signature(getattr(ops, f"{op}_forward")).parameters.items()
    options = {name for name, p in parameters if p.kind is p.KEYWORD_ONLY} - {"note"}
    assert options == {name for call in calls(op) for name in call.options}


@pytest.mark.parametrize("kind", [AttentionOptions, Drop, BranchDrop])
def test_every_field_of_options_that_travel_together_is_given(kind):
    """So that a kernel that does not know a new one is found."""
    tuples = [o for call in every_call().values() for o in call.options.values() if type(o) is kind]
    for field in kind._fields:
        default = kind._field_defaults.get(field)
        assert any(getattr(given, field) != default for given in tuples), field


SIZES = {
    "small": SMALL,
    "ones": Sizes(1, 1, 1, 1, 1, 1, 1, (1, 1), 1),
    "primes": Sizes(B=3, T=7, H=2, K=5, M=11, C=13, P=3, grid=(5, 1), channels=2),
}


@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("name", every_call())
def test_every_call_runs_at_any_sizes(name, sizes):
    call = every_call(SIZES[sizes])[name]
    inputs = call.draw(np.random.default_rng(0))
    y, _ = getattr(ops, f"{call.op}_forward")(*inputs, **call.options)
    assert np.isfinite(y).all()


def test_numbers_are_drawn_as_they_should_lie():
    rng = np.random.default_rng(0)
    x, w = normal(50, 60, around=-50).draw(rng, "float64"), weights(400, 30).draw(rng, "float64")
    assert abs(x.mean() + 50) < 0.1
    assert abs(x.std() - 1) < 0.1
    assert abs(w.std() * 20 - 1) < 0.1
    assert weights(0, 3).draw(rng, "float32").shape == (0, 3)
    window = filters(3, 2, 50, 30).draw(rng, "float64")
    assert window.shape == (3, 2, 50, 30)
    assert abs(window.std() * 300**0.5 - 1) < 0.1


def test_sizes_that_meet_in_an_op_are_all_different():
    """So that 1/T is not 1/C by chance: what is divided by the wrong one must show."""
    s = SMALL
    tokens = [s.B, s.T, s.H, s.K, s.D, s.M, s.C]
    patches = [s.B, *s.grid, s.N, s.N + 1, s.D, s.channels, s.P * s.P * s.channels]
    for sizes in (tokens, patches):
        assert len(set(sizes)) == len(sizes)


def test_the_same_numbers_in_both_dtypes():
    call = every_call()["linear: no bias"]
    assert call.shapes == ((4, 5, 6), (6, 7), None)
    assert call.inputs[0] == Array((4, 5, 6))
    single, double = (call.draw(np.random.default_rng(1), d) for d in ("float32", "float64"))
    assert single[2] is double[2] is None
    for one, other in zip(single[:2], double[:2], strict=True):
        assert one.dtype == np.float32
        assert np.array_equal(one, other.astype(np.float32))

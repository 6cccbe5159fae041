"""Points: what should come is what the op gives, in float64, of numbers that the dtype can hold."""

import numpy as np
import pytest

from minivit import ops
from minivit.checking.calls import OPS, calls
from minivit.checking.sizes import SMALL
from minivit.checking.student.point import Numbers, defaults, input_names, option_names, point


@pytest.mark.parametrize("op", OPS)
def test_what_should_come_is_what_the_op_gives(op):
    for call in calls(op):
        at = point(call, SMALL, "float64", Numbers(seed=3))
        y, cache = getattr(ops, f"{op}_forward")(*at.given(), **at.call.options)
        assert np.array_equal(y, at.y)
        assert not np.array_equal(*at.dys)
        for dy, right in zip(at.dys, at.gradients, strict=True):
            gradients = getattr(ops, f"{op}_backward")(dy, cache)
            gradients = gradients if isinstance(gradients, tuple) else (gradients,)
            assert list(right) == [f"d{name}" for name in at.inputs]
            for one, other in zip(gradients, right.values(), strict=True):
                assert one is other is None or np.array_equal(one, other)


def test_labels_are_drawn_too():
    """Else a layer that takes them for a fixed order would pass."""
    call = calls("cross_entropy")[0]
    drawn = [point(call, SMALL, "float64", Numbers(seed)).call.options["labels"] for seed in (0, 1)]
    assert not np.array_equal(*drawn)
    assert all(labels.dtype == np.int64 and labels.min() >= 0 for labels in drawn)
    assert max(labels.max() for labels in drawn) >= SMALL.B, "more than there are images"


def test_numbers_of_float32_are_ones_that_float32_holds_and_the_truth_is_float64():
    at = point(calls("layernorm")[0], SMALL, "float32", Numbers())
    x = at.inputs["x"]
    assert x.dtype == np.float64 and np.array_equal(x, x.astype("float32"))
    assert at.given()[0].dtype == np.float32
    assert at.y.dtype == np.float64
    assert not np.array_equal(at.y, at.y.astype("float32"))


def test_numbers_can_be_whole():
    at = point(calls("linear")[0], SMALL, "float64", Numbers(seed=1, decimals=0))
    assert all(np.array_equal(x, np.round(x)) for x in (*at.inputs.values(), *at.dys))
    assert not any(np.signbit(x[x == 0]).any() for x in at.inputs.values())


def test_a_function_that_takes_fewer_inputs_is_given_fewer():
    at = point(calls("linear")[1], SMALL, "float64", Numbers())
    assert [None if x is None else x.shape for x in at.given(2)] == [(4, 5, 6), (6, 7)]
    assert at.given()[2] is None


def test_names():
    assert input_names("layernorm") == ["x", "gamma", "beta"]
    assert option_names("multihead_attention") == {"heads", "options", "drop"}
    assert defaults("pool") == {"pool": "cls", "has_cls": False}


def test_a_view_has_all_that_a_formula_needs():
    at = point(calls("layernorm")[1], SMALL, "float64", Numbers())
    first, second = at.views()
    assert (first.eps, first.letters.T) == (0.1, 5)
    assert np.array_equal(first.output, at.y)
    assert np.array_equal(first.cache.x_hat * first.gamma + first.beta, at.y)
    assert np.array_equal(second.dy, at.dys[1]) and second.right is at.gradients[1]


def test_a_view_tells_what_comes_of_another_dy_and_of_other_options():
    at = point(calls("layernorm")[1], SMALL, "float64", Numbers()).views()[0]
    assert np.allclose(at.again(3 * at.dy)["dx"], 3 * at.right["dx"])
    plain = at.again(at.dy, eps=1e-6)
    assert np.array_equal(plain["y"], ops.layernorm_forward(at.x, at.gamma, at.beta)[0])
    strided = point(calls("convolution")[2], SMALL, "float64", Numbers()).views()[0]
    assert list(strided.again(strided.dy, stride=1)) == ["y"], "dy has not the shape of that y"

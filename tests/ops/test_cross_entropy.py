import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, sides

from minivit import InputError

smoothings = st.sampled_from([0.0, 0.1, 0.9])


@given(drawn, sides, sides, smoothings)
def test_gradients_and_law(ops, source, B, C, smoothing):
    labels = source.rng.integers(C, size=B)
    assert_right(
        ops,
        "cross_entropy",
        source.data(B, C),
        labels=labels,
        smoothing=smoothing,
        seed=source.seed,
        complex_step=True,
    )


@given(drawn, sides, sides)
def test_gradients_with_soft_targets(ops, source, B, C):
    labels = source.rng.random((B, C)) + 0.01
    labels /= labels.sum(axis=1, keepdims=True)
    assert_right(ops, "cross_entropy", source.data(B, C), labels=labels, seed=source.seed)


def test_by_hand(ops):
    logits = np.log([[1.0, 2.0, 5.0], [1.0, 1.0, 2.0]])
    loss, cache = ops.cross_entropy_forward(logits, labels=np.array([2, 0]))
    assert math.isclose(loss, -(math.log(0.625) + math.log(0.25)) / 2)
    dlogits = ops.cross_entropy_backward(np.float64(1), cache)
    expected = [[0.125, 0.25, -0.375], [-0.75, 0.25, 0.5]]
    assert np.allclose(dlogits, np.array(expected) / 2, rtol=1e-14)


def test_equal_logits_give_ln_c(ops):
    for C in (2, 10, 1000):
        loss, _ = ops.cross_entropy_forward(np.full((3, C), 7.0), labels=np.zeros(3, int))
        assert math.isclose(loss, math.log(C))


def test_smoothing_is_a_mixture_with_the_uniform(ops):
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((4, 5)), np.array([0, 4, 2, 2])
    soft = 0.8 * np.eye(5)[labels] + 0.2 / 5
    smoothed, _ = ops.cross_entropy_forward(logits, labels=labels, smoothing=0.2)
    assert math.isclose(smoothed, ops.cross_entropy_forward(logits, labels=soft)[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(ops, dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    loss, cache = ops.cross_entropy_forward(logits, labels=np.array([0, 0]))
    assert loss.dtype == dtype
    assert math.isclose(loss, 1e4)
    dlogits = ops.cross_entropy_backward(dtype(1), cache)
    assert dlogits.dtype == dtype
    assert np.array_equal(dlogits, [[0, 0, 0], [-0.5, 0.5, 0]])


@pytest.mark.parametrize(
    ("labels", "sentence"),
    [
        ([0, 3], "labels run from 0 to 3: with 3 classes they must lie between 0 and 2"),
        ([-1, 0], "labels run from -1 to 0"),
        ([0], r"labels have shape \(1,\) and dtype int64: expected 2 class numbers"),
        ([0.0, 1.0], "dtype float64"),
        ([[0, 1], [1, 0]], r"or soft targets of shape \(2, 3\)"),
        ([True, False], "dtype bool"),
    ],
)
def test_refuses_labels(ops, labels, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.cross_entropy_forward(np.zeros((2, 3)), labels=np.array(labels))

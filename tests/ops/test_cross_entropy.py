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
        ([], r"labels have shape \(0,\) and dtype float64: expected 2 class numbers"),
        ([0], r"labels have shape \(1,\) and dtype int64: expected 2 class numbers"),
        ([0.0, 1.0], "dtype float64"),
        ([[0, 1], [1, 0]], r"or soft targets of shape \(2, 3\)"),
        ([True, False], "dtype bool"),
    ],
)
def test_refuses_labels(ops, labels, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.cross_entropy_forward(np.zeros((2, 3)), labels=np.array(labels))


def test_a_masked_class(ops):
    """A logit of -inf takes a class out of the choice."""
    logits, labels = np.array([[-np.inf, 0, 1], [0, 1, -np.inf]]), [2, 1]
    for dtype in (np.float32, np.float64):
        loss, cache = ops.cross_entropy_forward(logits.astype(dtype), labels=labels)
        assert math.isclose(loss, math.log1p(math.exp(-1)), rel_tol=1e-6)  # 0.3133
        dlogits = ops.cross_entropy_backward(dtype(1), cache)
        p = 1 / (1 + math.e)
        expected = np.array([[0, p, -p], [p, -p, 0]]) / 2
        assert np.allclose(dlogits, expected, rtol=1e-6)
        soft = np.array([[0, 0.25, 0.75], [1, 0, 0]])
        assert np.isfinite(ops.cross_entropy_forward(logits.astype(dtype), labels=soft)[0])


def test_a_label_that_is_masked_is_an_infinite_surprise(ops):
    logits = np.array([[-np.inf, 0, 1]])
    for options in ({"labels": [0]}, {"labels": [2], "smoothing": 0.1}):
        assert ops.cross_entropy_forward(logits, **options)[0] == np.inf


@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_number_shows(ops):
    for logits in ([np.nan, 0, 1], [np.inf, 0, 1]):
        assert np.isnan(ops.cross_entropy_forward([logits], labels=[2])[0])


@pytest.mark.parametrize("kind", [list, np.int8, np.uint64, ">i4"])
def test_labels_of_any_whole_kind(ops, kind):
    logits, labels = np.random.default_rng(0).standard_normal((3, 4)), np.array([3, 0, 1])
    given = labels.tolist() if kind is list else labels.astype(kind)
    found, _ = ops.cross_entropy_forward(logits, labels=given)
    assert found == ops.cross_entropy_forward(logits, labels=labels)[0]
    one_hot = np.eye(4, dtype=int)[labels]
    assert found == ops.cross_entropy_forward(logits, labels=one_hot)[0]


@pytest.mark.parametrize(
    ("targets", "sentence"),
    [
        ([[0.5, 0.5, 0.5], [0, 0, 1]], r"each row must sum to 1; .*row 0 sums to 1.5"),
        ([[0, 0, 1], [2, 0, 0]], "row 1 sums to 2: divide each row by its sum"),
        ([[-0.5, 0.5, 1], [0, 0, 1]], "must be 0 or more, .* the smallest is -0.5"),
        ([[np.nan, 0.5, 0.5], [0, 0, 1]], "soft targets must be"),
        (np.ones((2, 3), complex) / 3, "soft targets are complex128"),
    ],
)
def test_refuses_soft_targets(ops, targets, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.cross_entropy_forward(np.zeros((2, 3)), labels=targets)


def test_rounded_soft_targets(ops):
    """As softmax gives them, in any dtype; the advice of the message works, too."""
    rng = np.random.default_rng(0)
    targets = rng.random((5, 40))
    for dtype in ("float16", "float32", ">f4"):
        rounded = (targets / targets.sum(axis=1, keepdims=True)).astype(dtype)
        ops.cross_entropy_forward(np.zeros((5, 40)), labels=rounded)


@pytest.mark.parametrize("smoothing", [-0.1, 1, 1.5, math.nan, math.inf])
def test_refuses_a_smoothing_outside_0_to_1(ops, smoothing):
    with pytest.raises(InputError, match=rf"smoothing is {smoothing}: expected a number from 0 to"):
        ops.cross_entropy_forward(np.zeros((2, 3)), labels=[0, 1], smoothing=smoothing)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,), (2, 3, 4)])
def test_refuses_logits_of_another_shape(ops, shape):
    with pytest.raises(InputError, match=r"logits have shape .* expected \(B, C\)"):
        ops.cross_entropy_forward(np.zeros(shape), labels=[0, 1])

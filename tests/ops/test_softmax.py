import numpy as np
import pytest
from hypothesis import given
from laws import assert_right
from strategies import drawn, sides


@given(drawn, sides, sides, sides)
def test_gradients_and_law(ops, source, B, rows, T):
    assert_right(ops, "softmax", source.data(B, rows, T), seed=source.seed, complex_step=True)


@given(drawn, sides, sides)
def test_rows_are_probabilities(ops, source, rows, T):
    probs, _ = ops.softmax_forward(source.data(rows, T))
    assert (probs >= 0).all()
    assert np.abs(probs.sum(axis=-1) - 1).max() < 1e-14


@given(drawn, sides, sides)
def test_a_shift_of_a_row_changes_nothing(ops, source, rows, T):
    x = np.round(source.data(rows, T) * 64) / 64  # so that the shift is exact
    probs, _ = ops.softmax_forward(x)
    shifted, _ = ops.softmax_forward(x + 512)
    assert np.array_equal(probs, shifted)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(ops, dtype):
    x = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [1e4, 1e4, -1e4]], dtype)
    probs, cache = ops.softmax_forward(x)
    third = dtype(1) / dtype(3)
    assert np.allclose(probs, [[1, 0, 0], [third] * 3, [0.5, 0.5, 0]], rtol=1e-6, atol=0)
    assert np.isfinite(ops.softmax_backward(np.ones_like(x), cache)).all()


def test_by_hand(ops):
    probs, cache = ops.softmax_forward(np.log([[1.0, 2.0, 5.0]]))
    assert np.allclose(probs, [[0.125, 0.25, 0.625]], rtol=1e-15)
    dx = ops.softmax_backward(np.array([[1.0, 0.0, 0.0]]), cache)
    assert np.allclose(dx, [[0.125 * 0.875, -0.125 * 0.25, -0.125 * 0.625]], rtol=1e-14)

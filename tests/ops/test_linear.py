import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, sides


@given(drawn, sides, sides, sides, sides, st.booleans())
def test_gradients_and_law(ops, source, B, T, inner, outer, biased):
    x, w = source.data(B, T, inner), source.weights(inner, outer)
    b = source.weights(outer) if biased else None
    assert_right(ops, "linear", x, w, b, seed=source.seed, complex_step=True)


@given(drawn, sides, sides, sides)
def test_gradients_of_a_matrix(ops, source, rows, inner, outer):
    x, w, b = source.data(rows, inner), source.weights(inner, outer), source.weights(outer)
    assert_right(ops, "linear", x, w, b, seed=source.seed)


def test_by_hand(ops):
    x, w, b = np.array([[1.0, 2.0]]), np.array([[1.0, 0.0, -1.0], [2.0, 1.0, 0.5]]), np.ones(3)
    y, cache = ops.linear_forward(x, w, b)
    assert np.array_equal(y, [[6.0, 3.0, 1.0]])
    dx, dw, db = ops.linear_backward(np.array([[1.0, 10.0, 100.0]]), cache)
    assert np.array_equal(dx, [[-99.0, 62.0]])
    assert np.array_equal(dw, [[1.0, 10.0, 100.0], [2.0, 20.0, 200.0]])
    assert np.array_equal(db, [1.0, 10.0, 100.0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_empty_batch(ops, dtype):
    y, cache = ops.linear_forward(np.zeros((0, 3, 4), dtype), np.ones((4, 5), dtype), None)
    assert y.shape == (0, 3, 5)
    dx, dw, db = ops.linear_backward(y, cache)
    assert dx.shape == (0, 3, 4)
    assert np.array_equal(dw, np.zeros((4, 5), dtype))
    assert db is None


def test_dx_only_when_wanted(ops):
    x, w = np.ones((2, 3)), np.ones((3, 4))
    y, cache = ops.linear_forward(x, w)
    dx, dw, _ = ops.linear_backward(y, cache, want_dx=False)
    assert dx is None
    assert np.array_equal(dw, ops.linear_backward(y, cache)[1])

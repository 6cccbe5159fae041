import math

import numpy as np
import pytest
from hypothesis import given
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError

ONE = np.zeros(1)


@given(drawn, few, sides, sides)
def test_gradients_and_law(ops, source, B, N, E):
    inputs = source.data(B, E), source.data(N, E), source.weights(1)
    assert_right(ops, "similarity", *inputs, seed=source.seed, complex_step=True, eps=1e-6)


def test_only_directions_count(ops):
    x = np.array([[3.0, 4.0], [0.0, 0.1]])
    y = np.array([[1.0, 0.0], [-30.0, -40.0], [0.0, 7.0]])
    logits, _ = ops.similarity_forward(x, y, np.array([math.log(10)]))
    assert np.abs(logits - [[6, -10, 8], [0, -8, 10]]).max() < 1e-9


def test_no_gradient_along_a_vector(ops):
    """It would change the length alone, which is divided away."""
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((4, 5)), rng.standard_normal((3, 5))
    _, cache = ops.similarity_forward(x, y, ONE)
    dx, dy, _ = ops.similarity_backward(rng.standard_normal((4, 3)), cache)
    assert np.abs((dx * x).sum(axis=1)).max() < 1e-10 < np.abs(dx).min()
    assert np.abs((dy * y).sum(axis=1)).max() < 1e-10 < np.abs(dy).min()


def test_a_vector_of_zeros_goes_with_nothing(ops):
    logits, cache = ops.similarity_forward(np.zeros((1, 3)), np.ones((2, 3)), ONE)
    assert np.array_equal(logits, [[0, 0]])
    assert all(np.isfinite(d).all() for d in ops.similarity_backward(np.ones((1, 2)), cache))


@pytest.mark.parametrize(
    ("x", "y", "scale"), [((2, 3), (2, 4), 1), ((3,), (2, 3), 1), ((2, 3), (2, 3), 2)]
)
def test_other_shapes_are_refused(ops, x, y, scale):
    with pytest.raises(InputError, match="expected"):
        ops.similarity_forward(np.ones(x), np.ones(y), np.ones(scale))

import numpy as np
import pytest

from minivit.checking.differences import (
    STEP,
    central_gradient,
    central_slope,
    complex_gradient,
    data_scale,
)

rng = np.random.default_rng(0)
X, DY = rng.standard_normal((2, 3)), rng.standard_normal((2, 3))


def test_central_gradient():
    gradient = central_gradient(np.sin, X, DY, STEP)
    assert np.abs(gradient - DY * np.cos(X)).max() < 1e-10


def test_central_gradient_of_a_scalar():
    gradient = central_gradient(lambda x: (x**3).sum(), X, 2.0, STEP)
    assert np.abs(gradient - 6 * X**2).max() < 1e-8


def test_central_gradient_at_some_elements():
    gradient = central_gradient(np.sin, X, DY, STEP, [(1, 2), (0, 0)])
    assert np.abs(gradient - (DY * np.cos(X))[[1, 0], [2, 0]]).max() < 1e-10


def test_the_error_falls_with_the_square_of_the_step():
    def error(step):
        return np.abs(central_gradient(np.sin, X, DY, step) - DY * np.cos(X)).max()

    assert 90 < error(1e-2) / error(1e-3) < 110


def test_central_slope():
    direction = rng.standard_normal((2, 3))
    slope = central_slope(np.sin, X, DY, STEP, direction)
    assert abs(slope - (DY * np.cos(X) * direction).sum()) < 1e-9


def test_complex_gradient_is_exact():
    gradient = complex_gradient(np.exp, X, DY)
    assert np.abs(gradient - DY * np.exp(X)).max() < 1e-15


def test_x_is_left_alone():
    before = X.copy()
    central_gradient(np.sin, X, DY, STEP)
    central_slope(np.sin, X, DY, STEP, X)
    complex_gradient(np.sin, X, DY)
    assert np.array_equal(X, before)


@pytest.mark.parametrize(
    ("x", "scale"),
    [
        ([-1.0, 1.0], 1.0),
        ([49.99, 50.01], 0.01),  # the spread counts, not the offset
        ([-20.0, 20.0], 20.0),
        ([7.0], 7.0),
        ([3.0, 3.0], 3.0),
        ([0.0, 0.0], 0.01),
        ([1e-6, -1e-6], 0.01),  # else nothing but rounding errors would be left
        ([], 0.01),
        ([500.0, 500.0 + 1e-6], 0.05),
    ],
)
def test_scale(x, scale):
    assert data_scale(np.array(x)) == pytest.approx(scale, rel=1e-6)


def test_a_larger_least_scale():
    assert data_scale(np.zeros(3), least=1.0) == 1.0

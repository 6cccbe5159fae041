import numpy as np
import pytest

from minivit.checking import adjoint_error

rng = np.random.default_rng(0)
A, X = rng.standard_normal((5, 4)), rng.standard_normal(4)


def forward(x, *, scale=1.0):
    return scale * (A @ x), scale


def test_the_transpose_passes():
    assert adjoint_error(forward, lambda dy, scale: scale * (A.T @ dy), X) < 1e-15
    options = {"scale": 3.0}
    assert adjoint_error(forward, lambda dy, scale: scale * (A.T @ dy), X, options=options) < 1e-15


@pytest.mark.parametrize(
    "backward",
    [
        lambda dy, _: -A.T @ dy,
        lambda dy, _: 1.0001 * (A.T @ dy),
        lambda dy, _: np.linalg.pinv(A) @ dy,
        lambda dy, _: (A.T @ dy)[::-1],
        lambda dy, _: np.zeros(4),
    ],
)
def test_anything_else_does_not(backward):
    assert adjoint_error(forward, backward, X) > 1e-6


def test_the_zero_map():
    assert adjoint_error(lambda x: (0 * x, None), lambda dy, _: 0 * dy, X) == 0


def test_dy_is_not_x_where_both_come_from_one_seed():
    """<x, A x> = 0 for a quarter turn, and for its wrong backward, too."""
    x = np.random.default_rng(0).standard_normal(2)
    turn = lambda x: np.array([-x[1], x[0]])  # noqa: E731
    assert adjoint_error(lambda x: (turn(x), None), lambda dy, _: -turn(dy), x) < 1e-15
    assert adjoint_error(lambda x: (turn(x), None), lambda dy, _: turn(dy), x) > 0.1

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError


@given(drawn, few, few, few, few, st.sampled_from([0.0, 1e-5, 0.1]))
def test_gradients_and_law(ops, source, rows, columns, inner, outer, floor):
    """With a large eps: in a filter of one number, which becomes 0, there is nothing else."""
    w = source.weights(rows, columns, inner, outer)
    options = {"eps": 1e-2, "floor": floor}
    assert_right(ops, "weight_standardisation", w, seed=source.seed, **options)


@given(drawn, st.integers(4, 9), few)
def test_gradients_as_bit_has_it(ops, source, inner, outer):
    w = source.weights(3, 3, inner, outer)
    assert_right(ops, "weight_standardisation", w, seed=source.seed, complex_step=True)


def test_every_filter_has_mean_0_and_variance_1(ops):
    w = 3 + 0.1 * np.random.default_rng(0).standard_normal((3, 2, 5, 4))
    w_hat, _ = ops.weight_standardisation_forward(w)
    assert np.abs(w_hat.mean(axis=(0, 1, 2))).max() < 1e-12
    assert np.abs(w_hat.var(axis=(0, 1, 2)) - 1).max() < 1e-7


def test_the_gradient_leaves_mean_and_length_alone(ops):
    """w_hat changes neither with w + a number nor with w times a number, so dw is along neither."""
    rng = np.random.default_rng(0)
    w, dy = rng.standard_normal((2, 3, 3, 4, 5))
    dw = ops.weight_standardisation_backward(dy, ops.weight_standardisation_forward(w)[1])
    assert np.abs(dw.sum(axis=(0, 1, 2))).max() < 1e-12
    assert np.abs((dw * w).sum(axis=(0, 1, 2))).max() < 1e-7
    assert np.abs(dw).max() > 0.1


def test_the_floor_is_googles(ops):
    """google-research/vision_transformer, models_resnet.py: (w - mean) / (std + 1e-5)."""
    w = 1e-4 * np.random.default_rng(0).standard_normal((3, 3, 4, 5))
    w_hat, _ = ops.weight_standardisation_forward(w, eps=1e-20, floor=1e-5)
    inside = (0, 1, 2)
    right = (w - w.mean(axis=inside)) / (w.std(axis=inside) + 1e-5)
    assert np.abs(w_hat - right).max() < 1e-9


def test_a_filter_of_equal_numbers_becomes_zero(ops):
    w_hat, cache = ops.weight_standardisation_forward(np.full((3, 3, 2, 1), 0.25))
    assert not w_hat.any()
    assert np.isfinite(ops.weight_standardisation_backward(np.ones((3, 3, 2, 1)), cache)).all()


@pytest.mark.parametrize(
    ("shape", "eps", "sentence"),
    [
        ((3, 3, 4), 1e-10, r"w has the shape \(3, 3, 4\): expected"),
        ((3, 3, 4, 2), 0.0, "eps is 0.0: expected a number above 0"),
    ],
)
def test_refuses(ops, shape, eps, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.weight_standardisation_forward(np.ones(shape), eps=eps)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.ops import Drop

forms = st.sampled_from(["erf", "tanh"])


@given(drawn, few, few, sides, sides, forms, st.booleans(), st.booleans())
def test_gradients_and_law(ops, source, B, T, D, M, form, biased, dropping):
    x = source.data(B, T, D)
    w1, w2 = source.weights(D, M), source.weights(M, D)
    b1, b2 = (source.weights(M), source.weights(D)) if biased else (None, None)
    drop = Drop(0.4, source.seed) if dropping else None
    assert_right(ops, "mlp", x, w1, b1, w2, b2, gelu=form, drop=drop, seed=source.seed)


def test_gradients_by_complex_steps(ops):
    rng = np.random.default_rng(0)
    x, w1, b1 = rng.standard_normal((2, 3, 4)), rng.standard_normal((4, 5)), rng.random(5)
    inputs = (x, w1, b1, rng.standard_normal((5, 4)), rng.random(4))
    assert_right(ops, "mlp", *inputs, gelu="tanh", complex_step=True)


@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_is_linear_gelu_linear(ops, form):
    rng = np.random.default_rng(0)
    x, w1, b1 = rng.standard_normal((2, 3, 4)), rng.standard_normal((4, 5)), rng.random(5)
    w2, b2 = rng.standard_normal((5, 4)), rng.random(4)
    h, _ = ops.gelu_forward(x @ w1 + b1, form=form)
    y, _ = ops.mlp_forward(x, w1, b1, w2, b2, gelu=form)
    assert np.abs(y - (h @ w2 + b2)).max() < 1e-13
    drop = Drop(0.5, seed=2, first_image=1)
    h, _ = ops.dropout_forward(h, drop=drop)
    y, _ = ops.mlp_forward(x, w1, b1, w2, b2, gelu=form, drop=drop)
    assert np.abs(y - (h @ w2 + b2)).max() < 1e-13


def test_tokens_do_not_meet(ops):
    rng = np.random.default_rng(0)
    x, weights = rng.standard_normal((1, 4, 3)), (np.ones((3, 2)), None, np.ones((2, 3)), None)
    y, cache = ops.mlp_forward(x, *weights)
    dy = np.zeros_like(y)
    dy[0, 2] = 1
    dx, *_ = ops.mlp_backward(dy, cache)
    assert dx[0, 2].any()
    assert not dx[0, [0, 1, 3]].any()


def test_refuses_another_form(ops):
    x = np.zeros((1, 2))
    with pytest.raises(InputError, match="gelu form is 'swish'"):
        ops.mlp_forward(x, np.zeros((2, 2)), None, np.zeros((2, 2)), None, gelu="swish")

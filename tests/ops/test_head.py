import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, sides, sides, st.sampled_from(["cls", "mean"]), st.booleans())
def test_gradients_and_law(ops, source, B, T, D, C, pool, biased):
    x, w = source.data(B, T, D), source.weights(D, C)
    b = source.weights(C) if biased else None
    assert_right(ops, "head", x, w, b, pool=pool, seed=source.seed, complex_step=True)


@given(drawn, few, sides, sides, sides)
def test_gradients_and_law_of_all_tokens(ops, source, B, T, D, C):
    x, w, b = source.data(B, T, D), source.weights(T * D, C), source.weights(C)
    assert_right(ops, "head", x, w, b, pool="flatten", seed=source.seed, complex_step=True)


@given(drawn, few, sides, sides)
def test_gradients_and_law_of_what_was_pooled_before(ops, source, B, D, C):
    x, w, b = source.data(B, D), source.weights(D, C), source.weights(C)
    assert_right(ops, "head", x, w, b, pool=None, seed=source.seed, complex_step=True)


def test_cls_takes_the_first_token_and_mean_all(ops):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 5, 3)), rng.standard_normal((3, 4)), rng.random(4)
    of_cls, _ = ops.head_forward(x, w, b, pool="cls")
    of_mean, _ = ops.head_forward(x, w, b, pool="mean")
    of_patches, _ = ops.head_forward(x, w, b, pool="mean", has_cls=True)
    assert np.abs(of_cls - (x[:, 0] @ w + b)).max() < 1e-14
    assert np.abs(of_mean - (x.sum(axis=1) / 5 @ w + b)).max() < 1e-14
    assert np.abs(of_patches - (x[:, 1:].sum(axis=1) / 4 @ w + b)).max() < 1e-14


def test_flatten_gives_each_token_weights_of_its_own(ops):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 5, 3)), rng.standard_normal((5, 3, 4))
    logits, _ = ops.head_forward(x, w.reshape(15, 4), None, pool="flatten")
    assert np.abs(logits - np.einsum("btd,tdc->bc", x, w)).max() < 1e-14


def test_the_gradient_goes_to_the_first_token_or_evenly_to_all(ops):
    x, w = np.ones((2, 5, 3)), np.ones((3, 4))
    for pool, has_cls, expected in (
        ("cls", True, [4, 0, 0, 0, 0]),
        ("mean", False, [0.8] * 5),
        ("mean", True, [0, 1, 1, 1, 1]),
    ):
        logits, cache = ops.head_forward(x, w, None, pool=pool, has_cls=has_cls)
        dx, _, db = ops.head_backward(np.ones_like(logits), cache)
        assert db is None
        assert np.allclose(dx, np.array(expected)[:, None], rtol=1e-15)


@pytest.mark.parametrize(
    ("pool", "sentence"), [("max", "pool is 'max': choose 'cls' or"), ("sequence", "w is None")]
)
def test_refuses_another_pool(ops, pool, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.head_forward(np.zeros((1, 2, 3)), np.zeros((3, 2)), None, pool=pool)

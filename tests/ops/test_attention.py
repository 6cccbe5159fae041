import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit.ops.attention import attention_scores

tokens, head_width = st.integers(1, 5), st.integers(1, 4)


@given(drawn, few, few, tokens, head_width)
def test_gradients_and_law(ops, source, B, H, T, K):
    # Queries around 0: with both at -50 the softmax is one-hot, and there is no gradient to test.
    q = source.laid_out(source.scale * source.rng.standard_normal((B, H, T, K)))
    k, v = source.weights(B, H, T, K), source.data(B, H, T, K)
    assert_right(ops, "attention", q, k, v, seed=source.seed, complex_step=True)


def by_loop(q, k, v):
    """The definition, query by query."""
    T, K = q.shape
    y = np.zeros((T, K))
    for i in range(T):
        scores = [sum(q[i, c] * k[j, c] for c in range(K)) / math.sqrt(K) for j in range(T)]
        total = sum(math.exp(score) for score in scores)
        for j in range(T):
            y[i] += math.exp(scores[j]) / total * v[j]
    return y


def test_against_a_loop(ops):
    q, k, v = np.random.default_rng(0).standard_normal((3, 5, 4))
    y, cache = ops.attention_forward(*(x[None, None] for x in (q, k, v)))
    assert np.abs(y[0, 0] - by_loop(q, k, v)).max() < 1e-14
    assert np.abs(cache.probs.sum(axis=-1) - 1).max() < 1e-14


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_very_sure_query_takes_one_value(ops, dtype):
    q, k = np.eye(3, dtype=dtype)[None, None] * 100, np.eye(3, dtype=dtype)[None, None] * 100
    v = np.arange(9, dtype=dtype).reshape(1, 1, 3, 3)
    y, cache = ops.attention_forward(q, k, v)
    assert np.array_equal(y, v)
    assert all(np.isfinite(g).all() for g in ops.attention_backward(np.ones_like(y), cache))


def test_the_same_keys_give_the_mean(ops):
    q, v = np.random.default_rng(0).standard_normal((2, 1, 1, 4, 3))
    y, _ = ops.attention_forward(q, np.ones((1, 1, 4, 3)), v)
    assert np.abs(y - v.mean(axis=-2, keepdims=True)).max() < 1e-15


def test_scores_have_variance_1():
    """Why 1/sqrt(K): q and k of variance 1 give scores of variance 1, whatever K is."""
    rng = np.random.default_rng(0)
    for K in (4, 64, 256):
        scores = attention_scores(*rng.standard_normal((2, 300, K)))
        assert abs(scores.var() - 1) < 0.1

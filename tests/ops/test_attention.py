import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.ops.attention import AttentionOptions, attention_forward
from minivit.ops.chance import Drop

tokens, head_width = st.integers(1, 5), st.integers(1, 4)


@given(drawn, few, few, tokens, head_width)
def test_gradients_and_law(ops, source, B, H, T, K):
    # Queries around 0: with both at -50 the softmax is one-hot, and there is no gradient to test.
    q = source.laid_out(source.scale * source.rng.standard_normal((B, H, T, K)))
    k, v = source.weights(B, H, T, K), source.data(B, H, T, K)
    assert_right(ops, "attention", q, k, v, None, seed=source.seed, complex_step=True)


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
    dq, dk, dv, _ = ops.attention_backward(np.ones_like(y), cache)
    assert all(np.isfinite(g).all() for g in (dq, dk, dv))


def test_the_same_keys_give_the_mean(ops):
    q, v = np.random.default_rng(0).standard_normal((2, 1, 1, 4, 3))
    y, _ = ops.attention_forward(q, np.ones((1, 1, 4, 3)), v)
    assert np.abs(y - v.mean(axis=-2, keepdims=True)).max() < 1e-15


def test_scores_have_variance_1():
    """Why 1/sqrt(K): q and k of variance 1 give scores of variance 1, whatever K is."""
    rng, noted = np.random.default_rng(0), {}
    for K in (4, 64, 256):
        q, k = rng.standard_normal((2, 300, K))
        attention_forward(q, k, k, note=noted.update)
        assert abs(noted["scores"].var() - 1) < 0.1


def gap_of(q, k, top_k):
    """How far the smallest score that stays is from the largest that goes, at least."""
    scores = np.sort(q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1]), axis=-1)
    return (scores[..., -top_k] - scores[..., -top_k - 1]).min() if top_k < k.shape[-2] else 1


@given(drawn, few, few, st.integers(1, 6), head_width, st.integers(1, 6))
def test_top_k_has_the_gradients_of_its_forward(ops, source, B, H, T, K, top_k):
    top_k = min(top_k, T)
    q = source.laid_out(source.rng.standard_normal((B, H, T, K)))
    k, v = source.weights(B, H, T, K), source.data(B, H, T, K)
    assume(gap_of(q, k, top_k) > 1e-3)  # where two change places there is a step, and no gradient
    options = AttentionOptions(top_k=top_k)
    assert_right(ops, "attention", q, k, v, None, options=options, seed=source.seed)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("T", "top_k"), [(1, 1), (5, 1), (7, 3), (65, 8), (70, 70), (131, 17)])
def test_top_k_keeps_the_largest_scores(ops, dtype, T, top_k):
    """The definition: all other scores are as if they were not there (Zhao et al. 2019)."""
    q, k, v = np.random.default_rng(T).standard_normal((3, 2, 2, T, 8)).astype(dtype)
    y, cache = ops.attention_forward(q, k, v, options=AttentionOptions(top_k=top_k))
    scores = q @ k.swapaxes(2, 3) / math.sqrt(8)
    for image, head, query in np.ndindex(2, 2, T):
        row = scores[image, head, query].astype(float)
        best = np.argsort(row)[-top_k:]
        weights = np.exp(row[best] - row.max())
        expected = weights / weights.sum() @ v[image, head, best]
        assert np.abs(y[image, head, query] - expected).max() < (
            1e-5 if dtype == np.float32 else 1e-13
        )
    assert ((cache.probs > 0).sum(axis=-1) == top_k).all()


def test_equal_scores_all_stay(ops):
    """Three keys are alike and the best: top_k=2 can't tell two of them from the third."""
    k = np.array([1.0, 1, 0, 1])[None, None, :, None] * np.ones(4)
    v = np.arange(16.0).reshape(1, 1, 4, 4)
    y, _ = ops.attention_forward(np.ones((1, 1, 4, 4)), k, v, options=AttentionOptions(top_k=2))
    assert np.abs(y - v[:, :, [0, 1, 3]].mean(axis=2)).max() < 1e-14


@pytest.mark.parametrize("top_k", [0, -1, 6])
def test_refuses_another_number_of_keys(ops, top_k):
    x = np.ones((1, 1, 5, 4))
    with pytest.raises(InputError, match=f"top_k is {top_k}, and there are 5 keys"):
        ops.attention_forward(x, x, x, options=AttentionOptions(top_k=top_k))


@given(drawn, few, few, tokens, head_width, st.sampled_from([0.0, 0.3, 0.8]))
def test_dropout_has_the_gradients_of_its_forward(ops, source, B, H, T, K, rate):
    q = source.laid_out(source.scale * source.rng.standard_normal((B, H, T, K)))
    k, v = source.weights(B, H, T, K), source.data(B, H, T, K)
    drop = Drop(rate, source.seed, first_image=2)
    assert_right(ops, "attention", q, k, v, None, drop=drop, seed=source.seed, complex_step=True)


@pytest.mark.parametrize("T", [1, 6, 65, 130])
def test_dropped_probabilities_take_no_value(ops, T):
    """The definition, query by query: what is left grows, and is not brought back to a sum of 1."""
    q, k, v = np.random.default_rng(T).standard_normal((3, 2, 2, T, 4))
    drop = Drop(0.4, seed=3)
    factors, _ = ops.dropout_forward(np.ones((2, 2, T, T)), drop=drop)
    y, cache = ops.attention_forward(q, k, v, drop=drop)
    for image, head, query in np.ndindex(2, 2, T):
        weights = np.exp(k[image, head] @ q[image, head, query] / 2)
        weights /= weights.sum()
        expected = (weights * factors[image, head, query]) @ v[image, head]
        assert np.abs(y[image, head, query] - expected).max() < 1e-13
        assert np.abs(cache.probs[image, head, query] - weights).max() < 1e-13


def test_refuses_another_rate_of_dropout(ops):
    x = np.ones((1, 1, 5, 4))
    with pytest.raises(InputError, match="the rate of dropout is 1"):
        ops.attention_forward(x, x, x, drop=Drop(1, seed=0))


def test_keys_that_are_alike_are_kept_alike_whatever_rounding_does(ops):
    """As the patches of a black background: in exact numbers their scores are equal."""
    rng = np.random.default_rng(0)
    kinds = rng.standard_normal((3, 64)).astype(np.float32)
    keys = kinds[[0, 1, 0, 0, 2, 0, 1, 0, 0]][None, None]
    queries = rng.standard_normal((1, 1, 9, 64)).astype(np.float32)
    noise = 1 + rng.uniform(-1, 1, keys.shape).astype(np.float32) * 2**-23  # one rounding
    _, cache = ops.attention_forward(queries, keys * noise, keys, options=AttentionOptions(top_k=4))
    kept = cache.probs[0, 0] > 0
    alike = [[0, 2, 3, 5, 7, 8], [1, 6]]
    assert all(len(set(row[group])) == 1 for row in kept for group in alike)
    assert (kept.sum(axis=1) >= 4).all() and not kept.all()

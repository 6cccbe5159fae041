import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, sides, st.sampled_from(["cls", "mean", "flatten"]), st.booleans())
def test_gradients_and_law(ops, source, B, N, D, pool, has_cls):
    x, options = source.data(B, N + has_cls, D), {"pool": pool, "has_cls": has_cls}
    assert_right(ops, "pool", x, None, None, seed=source.seed, complex_step=True, **options)


@given(drawn, few, sides, sides, st.booleans())
def test_gradients_and_law_of_sequence_pooling(ops, source, B, T, D, biased):
    x, w = source.data(B, T, D), source.weights(D, 1)
    b = source.weights(1) if biased else None
    assert_right(ops, "pool", x, w, b, pool="sequence", seed=source.seed, complex_step=True)


def test_cls_mean_and_flatten(ops):
    x = np.random.default_rng(0).standard_normal((2, 5, 3))
    for pool, has_cls, expected in (
        ("cls", True, [[x[i, 0, d] for d in range(3)] for i in range(2)]),
        ("mean", False, [[sum(x[i, :, d]) / 5 for d in range(3)] for i in range(2)]),
        ("mean", True, [[sum(x[i, 1:, d]) / 4 for d in range(3)] for i in range(2)]),
        ("flatten", True, [[x[i, t, d] for t in range(5) for d in range(3)] for i in range(2)]),
    ):
        pooled, _ = ops.pool_forward(x, pool=pool, has_cls=has_cls)
        assert np.abs(pooled - expected).max() < 1e-15, pool


@pytest.mark.parametrize("has_cls", [True, False])
def test_sequence_pooling_by_loops(ops, has_cls):
    """z = softmax(g(x))^T x over all tokens, g linear from D numbers to 1 (Hassani et al. 2021)."""
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((3, 5, 4)), rng.standard_normal((4, 1)), rng.standard_normal(1)
    pooled, cache = ops.pool_forward(x, w, b, pool="sequence", has_cls=has_cls)
    for i in range(3):
        e = [math.exp(sum(x[i, t, d] * w[d, 0] for d in range(4)) + b[0]) for t in range(5)]
        for d in range(4):
            mean = sum(e[t] / sum(e) * x[i, t, d] for t in range(5))
            assert math.isclose(pooled[i, d], mean, rel_tol=1e-13)


def test_a_bias_changes_nothing_and_zero_weights_give_the_mean(ops):
    x, w = np.random.default_rng(0).standard_normal((2, 5, 4)), np.ones((4, 1))
    plain, cache = ops.pool_forward(x, w, np.zeros(1), pool="sequence")
    shifted, _ = ops.pool_forward(x, w, np.full(1, 700.0), pool="sequence")
    assert np.abs(shifted - plain).max() < 1e-12
    _, _, db = ops.pool_backward(np.ones((2, 4)), cache)
    assert db[0] == 0
    even, _ = ops.pool_forward(x, np.zeros((4, 1)), None, pool="sequence")
    assert np.abs(even - x.mean(axis=1)).max() < 1e-15


def test_scores_that_exp_could_not_hold(ops):
    x = np.array([[[1000.0], [-1000.0], [999.0]]])
    pooled, _ = ops.pool_forward(x, np.ones((1, 1)), None, pool="sequence")
    assert math.isclose(pooled[0, 0], 1000 - 1 / (1 + math.e), rel_tol=1e-14)


@pytest.mark.parametrize(
    ("pool", "w", "sentence"),
    [
        ("max", None, "pool is 'max': choose 'cls' or 'mean' or 'sequence' or 'flatten'"),
        ("sequence", None, "pool is 'sequence' and w is None"),
        ("mean", np.ones((3, 1)), "pool is 'mean' and has no weights: leave out w and b"),
    ],
)
def test_refusals(ops, pool, w, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.pool_forward(np.zeros((1, 2, 3)), w, None, pool=pool)

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.ops.attention import AttentionOptions
from minivit.ops.window import Window, seen_keys

sides, reaches = st.integers(1, 3), st.integers(0, 2)


@given(drawn, few, few, sides, sides, reaches, reaches, st.booleans())
def test_gradients_and_law(ops, source, B, H, rows, columns, down, across, cls):
    T = rows * columns + cls
    q = source.laid_out(source.scale * source.rng.standard_normal((B, H, T, 3)))
    k, v = source.weights(B, H, T, 3), source.data(B, H, T, 3)
    options = AttentionOptions(window=Window((rows, columns), (down, across)))
    assert_right(ops, "attention", q, k, v, None, options=options, seed=source.seed)


def test_the_keys_of_a_patch():
    """In a grid of 2 x 3, with a cls token: one row, one column, and the patches around."""
    a_row = seen_keys(Window((2, 3), (0, 3)), 7)
    assert a_row[5].tolist() == [True, False, False, False, True, True, True]
    a_column = seen_keys(Window((2, 3), (2, 0)), 7)
    assert a_column[5].tolist() == [True, False, True, False, False, True, False]
    around = seen_keys(Window((2, 3), (1, 1)), 7)
    assert around[4].tolist() == [True, True, True, False, True, True, False]
    for seen in (a_row, a_column, around):
        assert seen[0].all() and seen[:, 0].all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("reach", [(0, 0), (1, 1), (0, 13), (7, 0), (2, 3)])
@pytest.mark.parametrize("cls", [0, 1])
def test_other_keys_are_as_if_they_were_not_there(ops, dtype, reach, cls):
    """The definition, query by query; more tokens than a kernel's chunk."""
    rows, columns, K = 7, 13, 8
    T = rows * columns + cls
    q, k, v = np.random.default_rng(T).standard_normal((3, 1, 2, T, K)).astype(dtype)
    options = AttentionOptions(window=Window((rows, columns), reach))
    y, cache = ops.attention_forward(q, k, v, options=options)
    for i in range(T):
        keys = []
        for j in range(T):
            (row, column), (other, across) = (divmod(t - cls, columns) for t in (i, j))
            near = abs(row - other) <= reach[0] and abs(column - across) <= reach[1]
            if near or (cls and 0 in (i, j)):
                keys.append(j)
        scores = k[0][:, keys] @ q[0, :, i, :, None] / math.sqrt(K)  # (H, keys, 1)
        weights = np.exp(scores.astype(float))
        expected = (weights / weights.sum(axis=1, keepdims=True) * v[0][:, keys]).sum(axis=1)
        assert np.abs(y[0, :, i] - expected).max() < (1e-5 if dtype == np.float32 else 1e-13)
        assert np.flatnonzero(cache.probs[0, 0, i]).tolist() == keys


def test_the_best_keys_are_chosen_within_the_window(ops):
    """Those outside have better scores; a window of fewer keys than `top_k` keeps all it has."""
    k = np.arange(6.0)[None, None, :, None] * np.ones(4)
    v = np.eye(6)[None, None, :, :4]
    options = AttentionOptions(top_k=2, window=Window((1, 6), (0, 1)))
    _, cache = ops.attention_forward(np.ones_like(k), k, v, options=options)
    kept = [np.flatnonzero(row).tolist() for row in cache.probs[0, 0]]
    assert kept == [[0, 1], [1, 2], [2, 3], [3, 4], [4, 5], [4, 5]]
    options = options._replace(top_k=3)
    _, cache = ops.attention_forward(np.ones_like(k), k, v, options=options)
    assert np.flatnonzero(cache.probs[0, 0, 0]).tolist() == [0, 1]


@pytest.mark.parametrize("tokens", [5, 8])
def test_refuses_another_number_of_tokens(ops, tokens):
    x, options = np.ones((1, 1, tokens, 4)), AttentionOptions(window=Window((2, 3), (1, 1)))
    with pytest.raises(InputError, match=f"{tokens} tokens for a grid of 2x3 patches: .* 6, or 7"):
        ops.attention_forward(x, x, x, options=options)

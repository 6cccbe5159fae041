import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.ops.relative import offset_rows


@given(drawn, few, few, st.integers(1, 5), st.integers(1, 4), st.booleans())
def test_gradients_and_law(ops, source, B, H, T, K, cls):
    q = source.laid_out(source.scale * source.rng.standard_normal((B, H, T, K)))
    k, v = source.weights(B, H, T, K), source.data(B, H, T, K)
    offsets = source.weights(H, 2 * T if cls else 2 * T - 1, K)
    assert_right(ops, "attention", q, k, v, offsets, seed=source.seed, complex_step=True)


@pytest.mark.parametrize("cls", [True, False])
@pytest.mark.parametrize("T", [1, 6, 67])
def test_against_a_loop(ops, T, cls):
    """The definition, query by query and key by key."""
    rng, H, K = np.random.default_rng(T), 2, 4
    q, k, v = rng.standard_normal((3, 1, H, T, K))
    table, patches = rng.standard_normal((H, 2 * T - 1 + cls, K)), T - cls
    y, _ = ops.attention_forward(q, k, v, table)
    of_offset = {p: table[:, p + patches - 1] for p in range(1 - patches, patches)}
    for i in range(T):
        scores = np.empty((H, T))
        for j in range(T):
            if cls and 0 in (i, j):
                extra = table[:, -1 if i == j else -3 if i == 0 else -2]
            else:
                extra = of_offset[i - j]
            scores[:, j] = ((k[0, :, j] + extra) * q[0, :, i]).sum(axis=-1) / math.sqrt(K)
        weights = np.exp(scores)
        expected = np.einsum("hj,hjk->hk", weights / weights.sum(axis=-1, keepdims=True), v[0])
        assert np.abs(y[0, :, i] - expected).max() < 1e-13


def test_the_rows_of_four_tokens():
    assert offset_rows(4, 7).tolist() == [[3, 2, 1, 0], [4, 3, 2, 1], [5, 4, 3, 2], [6, 5, 4, 3]]
    assert offset_rows(4, 8).tolist() == [[7, 5, 5, 5], [6, 2, 1, 0], [6, 3, 2, 1], [6, 4, 3, 2]]


def test_a_shift_of_the_image_shifts_the_result(ops):
    """Patches far from an edge, moved by one: only what lies between them matters."""
    rng = np.random.default_rng(0)
    tokens, offsets = rng.standard_normal((1, 1, 9, 4)), rng.standard_normal((1, 17, 4))
    far = np.full((1, 1, 9, 4), -1e3)  # keys that nobody asks for
    q, k = np.abs(tokens), far.copy()
    k[:, :, 3:6] = tokens[:, :, 3:6]
    y, _ = ops.attention_forward(q, k, tokens, offsets)
    moved, _ = ops.attention_forward(*(np.roll(x, 1, axis=2) for x in (q, k, tokens)), offsets)
    assert np.abs(np.roll(moved, -1, axis=2) - y)[:, :, :8].max() < 1e-12


@pytest.mark.parametrize("count", [0, 5, 8, 11])
def test_refuses_another_number_of_offsets(ops, count):
    x = np.ones((1, 2, 5, 4))
    with pytest.raises(InputError, match=f"there are {count} relative positions for 5 tokens: .*9"):
        ops.attention_forward(x, x, x, np.ones((2, count, 4)))

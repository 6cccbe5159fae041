import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.checking import adjoint_error
from minivit.ops.multihead_attention import join_heads, merge_heads, split_heads, split_one

tokens = st.integers(1, 5)


def weights_of(source, D, biased=True):
    """w_qkv, b_qkv, w_out, b_out."""
    biases = (source.weights(3 * D), source.weights(D)) if biased else (None, None)
    # Small queries, so that the softmax stays soft at every drawn scale and offset.
    w_qkv = source.weights(D, 3 * D) * np.where(np.arange(3 * D) < D, 0.01, 1)
    return w_qkv, biases[0], source.weights(D, D), biases[1]


@given(drawn, few, few, few, tokens, st.booleans())
def test_gradients_and_law(ops, source, H, K, B, T, biased):
    D = H * K
    x, weights = source.data(B, T, D), weights_of(source, D, biased)
    assert_right(ops, "multihead_attention", x, *weights, None, heads=H, seed=source.seed)


def test_gradients_by_complex_steps(ops):
    rng = np.random.default_rng(0)
    x, w_qkv, b_qkv = rng.standard_normal((2, 3, 4)), rng.standard_normal((4, 12)), rng.random(12)
    w_out, b_out = rng.standard_normal((4, 4)), rng.standard_normal(4)
    for offsets in (None, rng.standard_normal((6, 4))):
        inputs = (x, w_qkv, b_qkv, w_out, b_out, offsets)
        assert_right(ops, "multihead_attention", *inputs, heads=2, complex_step=True)


def test_a_head_sees_its_own_columns_only(ops):
    """The definition: H separate attentions on K columns each, side by side, then one matrix."""
    rng = np.random.default_rng(0)
    B, T, H, K = 2, 5, 3, 4
    D = H * K
    x, w_qkv, w_out = rng.standard_normal((B, T, D)), rng.standard_normal((D, 3 * D)), np.eye(D)
    y, cache = ops.multihead_attention_forward(x, w_qkv, None, w_out, None, heads=H)
    assert cache.probs.shape == (B, H, T, T)
    w_q, w_k, w_v = np.split(w_qkv, 3, axis=1)
    for h in range(H):
        columns = slice(h * K, (h + 1) * K)
        scores = (x @ w_q[:, columns]) @ np.swapaxes(x @ w_k[:, columns], 1, 2) / np.sqrt(K)
        probs = np.exp(scores)
        probs /= probs.sum(axis=-1, keepdims=True)
        assert np.abs(cache.probs[:, h] - probs).max() < 1e-13
        assert np.abs(y[..., columns] - probs @ (x @ w_v[:, columns])).max() < 1e-12


@given(drawn, few, few, few, tokens, few)
def test_heads_of_any_width(ops, source, H, K, B, T, D):
    x, w_qkv = source.data(B, T, D), source.weights(D, 3 * H * K)
    w_qkv = w_qkv * np.where(np.arange(3 * H * K) < H * K, 0.01, 1)  # the softmax stays soft
    weights = w_qkv, source.weights(3 * H * K), source.weights(H * K, D), source.weights(D)
    assert_right(ops, "multihead_attention", x, *weights, None, heads=H, seed=source.seed)


def test_heads_of_any_width_are_what_loops_make_of_them(ops):
    rng = np.random.default_rng(0)
    (T, D, H, K), x = (4, 5, 2, 3), rng.standard_normal((1, 4, 5))
    w_qkv, w_out = rng.standard_normal((D, 3 * H * K)), rng.standard_normal((H * K, D))
    y, _ = ops.multihead_attention_forward(x, w_qkv, None, w_out, None, heads=H)
    expected = np.zeros((T, D))
    for h in range(H):
        q, k, v = (x[0] @ w_qkv[:, part * H * K + h * K :][:, :K] for part in range(3))
        for i in range(T):
            shares = np.exp([q[i] @ k[j] / np.sqrt(K) for j in range(T)])
            expected[i] += shares / shares.sum() @ v @ w_out[h * K : (h + 1) * K]
    assert np.abs(y[0] - expected).max() < 1e-13


def test_no_output_projection_is_one_that_changes_nothing(ops):
    rng = np.random.default_rng(0)
    x, w_qkv, b_qkv = rng.standard_normal((2, 5, 6)), rng.standard_normal((6, 18)), rng.random(18)
    y, cache = ops.multihead_attention_forward(x, w_qkv, b_qkv, None, None, heads=1)
    same, of_same = ops.multihead_attention_forward(x, w_qkv, b_qkv, np.eye(6), None, heads=1)
    assert np.abs(y - same).max() < 1e-14
    dy = rng.standard_normal(y.shape)
    found = ops.multihead_attention_backward(dy, cache)
    right = ops.multihead_attention_backward(dy, of_same)
    assert found[3] is found[4] is None
    assert all(np.abs(f - r).max() < 1e-13 for f, r in zip(found[:3], right[:3], strict=True))


@pytest.mark.parametrize(("columns", "b_out"), [(4, None), (6, np.zeros(6))])
def test_a_result_that_needs_an_output_projection(ops, columns, b_out):
    weights = np.zeros((6, 3 * columns)), None, None, b_out
    with pytest.raises(InputError, match=f"no output projection w_out, the heads have {columns} c"):
        ops.multihead_attention_forward(np.zeros((1, 2, 6)), *weights, heads=1)


def test_a_head_has_its_own_columns_of_the_relative_positions(ops):
    rng = np.random.default_rng(0)
    x, w_qkv, offsets = (rng.standard_normal(shape) for shape in ((2, 5, 12), (12, 36), (10, 12)))
    y, _ = ops.multihead_attention_forward(x, w_qkv, None, np.eye(12), None, offsets, heads=3)
    q, k, v = split_heads(x @ w_qkv, 3)
    for h in range(3):
        columns = slice(4 * h, 4 * h + 4)
        one = (part[:, h, None] for part in (q, k, v))
        alone, _ = ops.attention_forward(*one, offsets[None, :, columns])
        assert np.abs(y[..., columns] - alone[:, 0]).max() < 1e-12


def test_the_key_bias_has_no_gradient(ops):
    """It adds the same to all scores of a query, which the softmax does not see."""
    rng = np.random.default_rng(0)
    x, w_qkv, b_qkv = rng.standard_normal((2, 5, 6)), rng.standard_normal((6, 18)), rng.random(18)
    y, cache = ops.multihead_attention_forward(x, w_qkv, b_qkv, np.eye(6), None, heads=2)
    _, _, db, *_ = ops.multihead_attention_backward(rng.standard_normal(y.shape), cache)
    assert np.abs(db[6:12]).max() < 1e-14
    assert np.abs(db[:6]).min() > 1e-6


def test_the_order_of_the_tokens_does_not_matter(ops):
    rng = np.random.default_rng(0)
    x, order = rng.standard_normal((2, 6, 4)), rng.permutation(6)
    weights = (
        rng.standard_normal((4, 12)),
        rng.random(12),
        rng.standard_normal((4, 4)),
        rng.random(4),
    )
    y, _ = ops.multihead_attention_forward(x, *weights, heads=2)
    permuted, _ = ops.multihead_attention_forward(x[:, order], *weights, heads=2)
    assert np.abs(permuted - y[:, order]).max() < 1e-13


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_logits_of_ten_thousand(ops, dtype):
    rng = np.random.default_rng(0)
    x = (100 * rng.standard_normal((2, 4, 4))).astype(dtype)
    weights = (np.tile(np.eye(4, dtype=dtype), 3), None, np.eye(4, dtype=dtype), None)
    y, cache = ops.multihead_attention_forward(x, *weights, heads=1)
    gradients = ops.multihead_attention_backward(np.ones_like(y), cache)
    assert np.isfinite(y).all()
    assert all(np.isfinite(g).all() for g in gradients if g is not None)


@given(drawn, few, few, few, tokens)
def test_splitting_and_joining_heads_are_adjoint(source, B, H, K, T):
    qkv = source.data(B, T, 3 * H * K)

    def split(x):
        return np.stack(split_heads(x, H)), None

    assert adjoint_error(split, lambda dy, _: join_heads(*dy), qkv) < 1e-14
    assert np.array_equal(join_heads(*split_heads(qkv, H)), qkv)
    x = source.data(B, T, H * K)
    assert (
        adjoint_error(lambda x: (split_one(x, H), None), lambda dy, _: merge_heads(dy), x) < 1e-14
    )
    assert np.array_equal(merge_heads(split_one(x, H)), x)


def test_heads_must_divide_the_width(ops):
    weights = np.zeros((6, 18)), None, np.zeros((6, 6)), None
    with pytest.raises(InputError, match=r"width is 6 and heads is 4: .*\(1, 2, 3, 6\)"):
        ops.multihead_attention_forward(np.zeros((1, 2, 6)), *weights, heads=4)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few

from minivit import InputError
from minivit.ops import AttentionOptions, BranchDrop, Drop

tokens, rates = st.integers(1, 5), st.sampled_from([None, 0.0, 0.4, 0.9])


def weights_of(rng, D, biased=True):
    """gamma, beta, w_qkv, b_qkv, w_out, b_out."""
    biases = (rng.standard_normal(3 * D), rng.standard_normal(D)) if biased else (None, None)
    gamma, beta = rng.standard_normal((2, D))
    w_qkv, w_out = rng.standard_normal((D, 3 * D)), rng.standard_normal((D, D))
    return gamma, beta, w_qkv / D, biases[0], w_out / D, biases[1]


def dropping(rate, seed):
    """All that a branch may leave out, each by a seed of its own."""
    if rate is None:
        return BranchDrop()
    return BranchDrop(*(Drop(rate, seed + i, first_image=3) for i in range(3)))


@given(drawn, few, few, few, tokens, st.booleans(), rates)
def test_gradients_and_law(ops, source, H, K, B, T, biased, rate):
    D = H * K
    drop = dropping(rate, source.seed)
    x, weights = source.data(B, T, D), weights_of(source.rng, D, biased)
    assert_right(
        ops, "attention_branch", x, *weights, None, heads=H, drop=drop, eps=0.1, seed=source.seed
    )


def test_gradients_by_complex_steps(ops):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((3, 4, 6))
    assert_right(ops, "attention_branch", x, *weights_of(rng, 6), None, heads=2, complex_step=True)


def test_top_k_is_handed_on(ops):
    rng = np.random.default_rng(0)
    x, options = rng.standard_normal((2, 5, 6)), AttentionOptions(top_k=2)
    assert_right(ops, "attention_branch", x, *weights_of(rng, 6), None, heads=2, options=options)
    _, cache = ops.attention_branch_forward(x, *weights_of(rng, 6), heads=2, options=options)
    probs = cache.msa.attention.probs
    assert ((probs > 0).sum(axis=-1) == 2).all()


@pytest.mark.parametrize(
    "drop", [BranchDrop(), *(BranchDrop(**{n: Drop(0.5, seed=3)}) for n in BranchDrop._fields),
             dropping(0.4, 3)],
)  # fmt: skip
def test_is_x_plus_attention_of_its_layernorm(ops, drop):
    rng = np.random.default_rng(0)
    x, (gamma, beta, *weights) = rng.standard_normal((6, 4, 6)), weights_of(rng, 6)
    normed, _ = ops.layernorm_forward(x, gamma, beta, eps=1e-3)
    out, _ = ops.multihead_attention_forward(normed, *weights, heads=3, drop=drop.inside)
    if drop.out is not None:
        out, _ = ops.dropout_forward(out, drop=drop.out)
    if drop.images is not None:
        out, _ = ops.stochastic_depth_forward(out, drop=drop.images)
    y, _ = ops.attention_branch_forward(x, gamma, beta, *weights, heads=3, drop=drop, eps=1e-3)
    assert np.abs(y - (x + out)).max() < 1e-13


def test_all_images_may_be_dropped(ops):
    rng, drop = np.random.default_rng(0), BranchDrop(images=Drop(0.999, seed=1))
    x, weights = rng.standard_normal((3, 4, 6)), weights_of(rng, 6)
    y, cache = ops.attention_branch_forward(x, *weights, heads=2, drop=drop)
    assert np.array_equal(y, x)
    dx, *others = ops.attention_branch_backward(y, cache)
    assert np.array_equal(dx, y)
    assert not any(gradient.any() for gradient in others if gradient is not None)


def test_heads_must_divide_the_width(ops):
    rng = np.random.default_rng(0)
    with pytest.raises(InputError, match="width is 6 and heads is 4"):
        ops.attention_branch_forward(np.zeros((1, 2, 6)), *weights_of(rng, 6), heads=4)

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit.ops import BranchDrop, Drop

forms, rates = st.sampled_from(["erf", "tanh"]), st.sampled_from([None, 0.0, 0.4, 0.9])


def weights_of(rng, D, M, biased=True):
    """gamma, beta, w1, b1, w2, b2."""
    b1, b2 = (rng.standard_normal(M), rng.standard_normal(D)) if biased else (None, None)
    gamma, beta = rng.standard_normal((2, D))
    return gamma, beta, rng.standard_normal((D, M)), b1, rng.standard_normal((M, D)), b2


def dropping(rate, seed):
    """All that a branch may leave out, each by a seed of its own."""
    if rate is None:
        return BranchDrop()
    return BranchDrop(*(Drop(rate, seed + i, first_image=3) for i in range(3)))


@given(drawn, few, few, sides, sides, forms, st.booleans(), rates)
def test_gradients_and_law(ops, source, B, T, D, M, form, biased, rate):
    drop = dropping(rate, source.seed)
    x, weights = source.data(B, T, D), weights_of(source.rng, D, M, biased)
    assert_right(ops, "mlp_branch", x, *weights, gelu=form, drop=drop, eps=0.1, seed=source.seed)


def test_gradients_by_complex_steps(ops):
    rng = np.random.default_rng(0)
    x = rng.standard_normal((2, 3, 4))
    assert_right(ops, "mlp_branch", x, *weights_of(rng, 4, 5), gelu="tanh", complex_step=True)


@pytest.mark.parametrize(
    "drop", [BranchDrop(), *(BranchDrop(**{n: Drop(0.5, seed=3)}) for n in BranchDrop._fields),
             dropping(0.4, 3)],
)  # fmt: skip
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_is_x_plus_mlp_of_its_layernorm(ops, form, drop):
    rng = np.random.default_rng(0)
    x, (gamma, beta, *weights) = rng.standard_normal((6, 3, 4)), weights_of(rng, 4, 5)
    normed, _ = ops.layernorm_forward(x, gamma, beta, eps=1e-3)
    out, _ = ops.mlp_forward(normed, *weights, gelu=form, drop=drop.inside)
    if drop.out is not None:
        out, _ = ops.dropout_forward(out, drop=drop.out)
    if drop.images is not None:
        out, _ = ops.stochastic_depth_forward(out, drop=drop.images)
    y, _ = ops.mlp_branch_forward(x, gamma, beta, *weights, gelu=form, drop=drop, eps=1e-3)
    assert np.abs(y - (x + out)).max() < 1e-13


def test_tokens_do_not_meet(ops):
    rng = np.random.default_rng(0)
    y, cache = ops.mlp_branch_forward(rng.standard_normal((1, 4, 3)), *weights_of(rng, 3, 2))
    dy = np.zeros_like(y)
    dy[0, 2] = 1
    dx, *_ = ops.mlp_branch_backward(dy, cache)
    assert dx[0, 2].any()
    assert not dx[0, [0, 1, 3]].any()

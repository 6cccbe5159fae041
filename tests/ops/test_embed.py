import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, sides, sides, st.booleans(), st.booleans(), st.booleans())
def test_gradients_and_law(ops, source, B, N, pixels, D, biased, has_cls, has_positions):
    patches, w = source.data(B, N, pixels), source.weights(pixels, D)
    b = source.weights(D) if biased else None
    cls = source.weights(D) if has_cls else None
    positions = source.weights(N + has_cls, D) if has_positions else None
    inputs = (patches, w, b, cls, positions)
    assert_right(ops, "embed", *inputs, seed=source.seed, complex_step=True)


@pytest.mark.parametrize("has_cls", [True, False])
@pytest.mark.parametrize("has_positions", [True, False])
def test_order_of_the_tokens(ops, has_cls, has_positions):
    rng = np.random.default_rng(0)
    patches, w, b = rng.standard_normal((2, 3, 4)), rng.standard_normal((4, 5)), rng.random(5)
    cls = rng.standard_normal(5) if has_cls else None
    positions = rng.standard_normal((3 + has_cls, 5)) if has_positions else None
    x, _ = ops.embed_forward(patches, w, b, cls, positions)
    assert x.shape == (2, 3 + has_cls, 5)
    for image in range(2):
        tokens = [patches[image, n] @ w + b for n in range(3)]
        expected = np.array([cls, *tokens] if has_cls else tokens)
        expected = expected + positions if has_positions else expected
        assert np.abs(x[image] - expected).max() < 1e-14


def test_cls_and_positions_collect_from_the_whole_batch(ops):
    x, cache = ops.embed_forward(
        np.ones((7, 2, 3)), np.ones((3, 4)), None, np.ones(4), np.ones((3, 4))
    )
    _, _, _, dcls, dpositions = ops.embed_backward(np.ones_like(x), cache)
    assert np.array_equal(dcls, np.full(4, 7))
    assert np.array_equal(dpositions, np.full((3, 4), 7))


def test_dpatches_only_when_wanted(ops):
    x, cache = ops.embed_forward(np.ones((2, 2, 3)), np.ones((3, 4)), np.ones(4), np.ones(4), None)
    full = ops.embed_backward(np.ones_like(x), cache)
    part = ops.embed_backward(np.ones_like(x), cache, want_dx=False)
    assert part[0] is None
    assert part[4] is None
    for one, other in zip(full[1:4], part[1:4], strict=True):
        assert np.array_equal(one, other)


@pytest.mark.parametrize("has_cls", [True, False])
@pytest.mark.parametrize("has_positions", [True, False])
def test_without_a_projection_the_patches_are_tokens_already(ops, has_cls, has_positions):
    rng = np.random.default_rng(0)
    tokens = rng.standard_normal((2, 3, 4))
    cls = rng.standard_normal(4) if has_cls else None
    positions = rng.standard_normal((3 + has_cls, 4)) if has_positions else None
    assert_right(ops, "embed", tokens, None, None, cls, positions, complex_step=True)
    one, _ = ops.embed_forward(tokens, None, None, cls, positions)
    other, _ = ops.embed_forward(tokens, np.eye(4), np.zeros(4), cls, positions)
    assert np.array_equal(one, other)
    assert not np.may_share_memory(one, tokens)


def test_a_bias_without_a_projection_is_refused(ops):
    with pytest.raises(InputError, match=r"a bias b and no w: .* leave out both"):
        ops.embed_forward(np.ones((2, 3, 4)), None, np.ones(4), None, None)

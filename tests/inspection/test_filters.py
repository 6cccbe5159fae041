import numpy as np
import pytest
from looked_at import KINDS, build

import minivit
from minivit.inspection import embedding_filters, first_filters, principal_filters


def drawn(pixels, width, seed=0):
    return np.random.default_rng(seed).normal(size=(pixels, width))


def test_components_are_orthogonal_and_rebuild_the_filters():
    w = drawn(12, 20)
    components, shares = principal_filters(w, None)
    assert components.shape == (12, 12)
    np.testing.assert_allclose(components @ components.T, np.eye(12), atol=1e-13)
    X = w - w.mean(axis=1, keepdims=True)
    np.testing.assert_allclose(components.T @ (components @ X), X, atol=1e-12)
    variances = np.square(components @ X).sum(axis=1)
    np.testing.assert_allclose(shares, variances / variances.sum(), rtol=1e-12)
    assert (np.diff(shares) < 0).all()


def test_what_lies_in_three_directions_has_three_components():
    w = drawn(12, 3) @ drawn(3, 40, seed=1)
    _, shares = principal_filters(w)
    assert shares[:3].sum() == pytest.approx(1) and shares[2] > 0.01 and shares[3] < 1e-20


def test_the_sign_says_nothing():
    w = drawn(9, 15)
    for one, other in zip(principal_filters(w), principal_filters(-w), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-12)
    components, _ = principal_filters(w)
    largest = np.abs(components).argmax(axis=1)
    assert (components[np.arange(len(components)), largest] > 0).all()


def test_the_constant_direction_is_kept_and_the_common_one_left_out():
    """Filters that differ in their brightness alone, on top of something that all of them have."""
    common = drawn(8, 1)
    w = common + np.ones((8, 1)) * np.linspace(-1, 1, 10)
    components, shares = principal_filters(w)
    np.testing.assert_allclose(components[0], np.full(8, 8**-0.5), rtol=1e-12)
    assert shares[0] == pytest.approx(1)


@pytest.mark.parametrize("changes", [{}, {"patch_norm": True}])
def test_pixels_lie_as_in_a_patch(changes):
    """One filter reads the left half of its patch in the last channel, the others nothing."""
    model = build(channels=3, patch=(2, 6), image=(4, 6), **changes)
    w = model.parameters["projection.w" if changes else "embed.w"]
    w[:] = 0
    w.reshape(2, 6, 3, -1)[:, :3, 2, 4] = 5
    found = embedding_filters(model)
    expected = np.zeros((2, 6, 3))
    expected[:, :3, 2] = 6**-0.5
    np.testing.assert_allclose(found.components[0], expected, atol=1e-14)
    assert found.shares[0] == pytest.approx(1)


def test_there_are_28_at_most_or_all():
    model = build(channels=3, patch=(4, 6), width=40)
    assert embedding_filters(model).components.shape == (28, 4, 6, 3)
    assert embedding_filters(model, None).components.shape == (40, 4, 6, 3)  # as many as filters
    assert embedding_filters(model, 5).shares.shape == (5,)
    assert embedding_filters(build(**KINDS["hybrid"])).components.shape == (8, 2, 2, 2)
    assert embedding_filters(build()).components.shape == (8, 2, 2, 2)
    assert not principal_filters(np.zeros((4, 4)))[1].any()


def test_the_first_filters_are_those_that_see_the_pixels():
    plain, hybrid = build(), build(**KINDS["hybrid"], channels=1)
    (a, of_a), (b, of_b) = first_filters(plain), embedding_filters(plain)
    assert (a == b).all() and (of_a == of_b).all()
    assert first_filters(hybrid).components.shape == (1, 3, 3, 1)  # of two filters, a difference
    with_batchnorm = build(**KINDS["plain units"])  # these are not standardised
    w = with_batchnorm.parameters["root.convolution.w"]
    expected, _ = principal_filters(w.reshape(-1, w.shape[-1]), 1)
    assert (first_filters(with_batchnorm).components.reshape(1, -1) == expected).all()
    assert len(first_filters(minivit.ViT("airbench-28"), None).components) == 9  # no mean is 0
    found = first_filters(minivit.ResNet("resnet-28"), None)
    n = len(found.components)
    assert found.components.shape == (n, 3, 3, 1) and n == 8  # the mean of a filter is 0
    np.testing.assert_allclose(found.components.sum(axis=(1, 2, 3)), 0, atol=1e-6)
    assert found.shares.sum() == pytest.approx(1) and first_filters(hybrid, 1).shares.shape == (1,)

"""The adversarial patch: its gradient, what it does, and that chance comes from its seed alone."""

import numpy as np
import pytest

from minivit import InputError, ResNet, ResNetConfig, ViT, variant
from minivit.experiments.adversarial import (
    adversarial_patch,
    drawn_corners,
    laid,
    patch_gradient,
    random_patch,
    windows,
)
from minivit.training import evaluate

RANDOM_HEAD = {"zero_head": False}


def models(dtype=np.float32):
    """A ViT and a ResNet for images of 12 x 12 pixels, which answer at random."""
    c = ResNetConfig((12, 12), 1, 3, root=4, root_side=3, root_pool=False, stages=(1,), groups=2)
    vit = variant("digits", image=(12, 12), patch=3, depth=1, classes=3)
    return [ViT(vit, dtype=dtype, **RANDOM_HEAD), ResNet(c, dtype=dtype, **RANDOM_HEAD)]


@pytest.fixture
def made():
    """Images from black to white, and labels."""
    rng = np.random.default_rng(0)
    return rng.uniform(-1, 1, (90, 12, 12, 1)).astype(np.float32), rng.integers(0, 3, 90)


def test_laying_and_its_windows_are_adjoint():
    """<dy, laid(0, patch)> = <windows(dy) summed, patch>: exact, for the map is linear."""
    rng = np.random.default_rng(1)
    nothing, patch = np.zeros((6, 9, 11, 2)), rng.integers(-5, 6, (4, 4, 2)).astype(float)
    corners = drawn_corners(rng, 6, (9, 11), 4)
    dy = rng.integers(-5, 6, nothing.shape).astype(float)
    left = (dy * laid(nothing, patch, corners)).sum()
    assert left == (windows(dy, corners, 4).sum(axis=0) * patch).sum() != 0
    assert not nothing.any()


def test_corners_reach_every_place_where_a_patch_fits():
    corners = drawn_corners(np.random.default_rng(0), 500, (6, 8), 5)
    assert {tuple(corner) for corner in corners} == {(r, c) for r in range(2) for c in range(4)}
    assert not drawn_corners(np.random.default_rng(0), 9, (5, 5), 5).any()


@pytest.mark.parametrize("kind", [0, 1])
def test_the_gradient_is_that_of_the_mean_loss(made, kind):
    model, (images, labels) = models(np.float64)[kind], made
    images, labels = images[:7].astype(np.float64), labels[:7]
    rng = np.random.default_rng(2)
    patch, corners = rng.uniform(-0.9, 0.9, (3, 3, 1)), drawn_corners(rng, 7, (12, 12), 3)
    found = patch_gradient(model, patch, images, labels, corners)
    way, step = rng.normal(size=patch.shape), 1e-6
    ends = [evaluate(model, laid(images, patch + s * way, corners), labels).loss
            for s in (step, -step)]  # fmt: skip
    numerical = (ends[0] - ends[1]) / (2 * step)
    assert abs(numerical - (found * way).sum()) < 1e-6 * abs(numerical)


@pytest.mark.parametrize("kind", [0, 1])
def test_it_raises_the_loss_on_other_images_at_other_places(made, kind):
    """What a model says of images as they are shall be what it says no more."""
    model, (images, _) = models()[kind], made
    labels, before = model.logits(images).argmax(axis=1), model.parameters.flat.copy()
    seen, right = images[60:], labels[60:]
    corners = drawn_corners(np.random.default_rng(3), 30, (12, 12), 5)
    patch = adversarial_patch(model, images[:60], labels[:60], side=5, steps=40, seed=4)
    losses = [
        evaluate(model, laid(seen, one, corners), right).loss
        for one in (patch, *(random_patch(model, images, 5, seed) for seed in (4, 5, 6)))
    ]
    assert losses[0] > max(losses[1:])
    assert patch.shape == (5, 5, 1) and patch.min() >= -1 and patch.max() <= 1
    assert np.array_equal(model.parameters.flat, before) and not model.gradients.flat.any()


def test_the_seed_alone_decides(made):
    model, (images, labels) = models()[0], made
    before = images.copy()
    one, again, other = (adversarial_patch(model, images, labels, side=4, steps=3, seed=seed)
                         for seed in (0, 0, 1))  # fmt: skip
    assert np.array_equal(one, again) and not np.array_equal(one, other)
    assert np.array_equal(images, before)


@pytest.mark.parametrize("side", [0, 13])
def test_a_side_that_does_not_fit_is_refused(made, side):
    with pytest.raises(InputError, match="expected a whole number from 1 to 12"):
        adversarial_patch(models()[0], *made, side=side)

from dataclasses import replace

import numpy as np
import pytest
from small_training import EVERY_OPTION, SMALL, small_data

from minivit import ViT
from minivit.models.losses import hidden_targets
from minivit.training.gradients import gradients_of

IMAGES, LABELS = small_data().train
SOFT = np.random.default_rng(0).dirichlet(np.ones(10), len(LABELS))


def found(config, parts, count=23, labels=LABELS):
    """Loss, logits, dlogits and gradients of a model in float64."""
    model = ViT(config, dtype=np.float64, zero_head=False)
    model.gradients.flat[:] = 7  # of the step before
    images, targets = IMAGES[:count].astype(float), labels[:count]
    if not config.learns_classes:
        targets = hidden_targets(model, images, seed=5)
    results = gradients_of(model, images, targets, smoothing=0.1, seed=5, parts=parts)
    return *results, model.gradients.flat


ALONE = [changes for changes in EVERY_OPTION if changes.get("norm") != "batch"]  # no other image


@pytest.mark.parametrize("changes", ALONE)
@pytest.mark.parametrize("parts", [2, 5, 23, 100])
def test_parts_give_the_gradients_of_the_whole_batch(ops, changes, parts):
    """Masks of dropout and stochastic depth among them, and hidden patches; parts of unlike sizes,
    at most an image each.
    """
    config = replace(SMALL, depth=2, **changes)
    for one, other in zip(found(config, 1), found(config, parts), strict=True):
        assert np.abs(np.subtract(one, other)).max() < 1e-12 * max(1, np.abs(one).max())


def test_soft_labels_in_parts(ops):
    for one, other in zip(found(SMALL, 1, labels=SOFT), found(SMALL, 4, labels=SOFT), strict=True):
        assert np.abs(np.subtract(one, other)).max() < 1e-12


def test_the_gradient_is_that_of_the_loss():
    """Along a random direction, by a central difference."""
    model = ViT(SMALL, dtype=np.float64, zero_head=False)
    direction, step = np.random.default_rng(1).standard_normal(model.layout.size), 1e-5
    images, begin, losses = IMAGES[:7].astype(float), model.parameters.flat.copy(), []
    for sign in (-1, 1, 0):
        model.parameters.flat[:] = begin + sign * step * direction
        losses.append(gradients_of(model, images, LABELS[:7], smoothing=0.1, seed=5, parts=3)[0])
    slope = (losses[1] - losses[0]) / (2 * step)
    assert abs(slope - model.gradients.flat @ direction) < 1e-6 * abs(slope)

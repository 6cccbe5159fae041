import numpy as np
import pytest
from looked_at import KINDS, build, images_for

import minivit
from minivit.inspection import baseline, integrated_gradients, saliency, saliency_map
from minivit.inspection.recording import BATCH


def logit(model, images, targets):
    return model.logits(images)[np.arange(len(images)), targets]


@pytest.mark.parametrize("kind", KINDS)
def test_it_is_the_slope_of_the_logit(kind):
    model = build(**KINDS[kind])
    images, targets, h = images_for(model), np.array([2, 0, 1]), 1e-5
    found = saliency(model, images, targets)
    assert found.shape == images.shape and not model.gradients.flat.any()
    direction = np.random.default_rng(5).normal(size=images.shape)
    ahead, behind = (logit(model, images + s * direction, targets) for s in (h, -h))
    expected = (found * direction).sum(axis=(1, 2, 3))
    np.testing.assert_allclose((ahead - behind) / (2 * h), expected, rtol=1e-5, atol=1e-7)


@pytest.mark.usefixtures("ops")  # on both backends
def test_batches_change_nothing():
    model = build()
    images = images_for(model, BATCH + 3)
    targets = np.arange(BATCH + 3) % 3
    one_by_one = [saliency(model, images[i : i + 1], targets[i : i + 1]) for i in range(BATCH + 3)]
    found = saliency(model, images, targets)
    np.testing.assert_allclose(found, np.concatenate(one_by_one), rtol=1e-10)


def test_the_map_is_the_largest_size_in_a_pixel():
    gradient = np.array([[[[1.0, -3.0], [0.0, 2.0]]]])
    assert saliency_map(gradient).tolist() == [[[3, 2]]]


@pytest.mark.parametrize("kind", ["cls", "mean", "sequence", "overlap", "axial"])
def test_integrated_gradients_add_up_to_what_the_logit_changes(kind):
    """Completeness."""
    model = build(**KINDS[kind])
    images, targets = images_for(model), np.array([1, 2, 0])
    x0 = np.full((2,), [-1.0, 0.5])
    change = logit(model, images, targets) - logit(model, images * 0 + x0, targets)
    errors = {}
    for nodes in (2, 64, 128):
        found = integrated_gradients(model, images, targets, x0, nodes)
        errors[nodes] = np.abs(found.sum(axis=(1, 2, 3)) - change).max()
    assert errors[2] > 1e-6 and errors[64] < 5e-8 and errors[128] < 1e-14
    assert np.abs(change).max() > 0.05


def test_pixels_that_are_the_baseline_add_nothing():
    model = build()
    images = images_for(model)
    images[:, :2] = -1.5
    found = integrated_gradients(model, images, [0, 1, 2], -1.5, 4)
    assert not found[:, :2].any() and found[:, 2:].all()


def test_the_baseline_is_black_for_bright_strokes_and_else_the_mean():
    model = build()
    images = images_for(model)
    mean = images.mean(axis=(1, 2))[:, None, None]
    np.testing.assert_allclose(baseline(model, images), mean)
    model.preprocessing = {"low": [-1.5, -1.0], "high": [1.5, 1.0], "ink": "bright"}
    assert np.array_equal(baseline(model, images), np.full((3, 1, 1, 2), [-1.5, -1.0]))
    model.preprocessing["ink"] = "any"
    np.testing.assert_allclose(baseline(model, images), mean)
    assert np.array_equal(baseline(model, images, "white"), np.full((3, 1, 1, 2), [1.5, 1.0]))
    model.preprocessing |= {"low": -1, "high": 2.0}
    assert np.array_equal(baseline(model, images, "black"), np.full((3, 1, 1, 2), -1.0))
    model.preprocessing = {}  # nothing is known: what is there tells
    assert (baseline(model, images, "white") == images.max()).all()
    by_itself = integrated_gradients(model, images, [0, 1, 2], nodes=3)
    expected = integrated_gradients(model, images, [0, 1, 2], mean, 3)
    np.testing.assert_allclose(by_itself, expected, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda m, x: saliency(m, x, [0, 1, 3]), "3"),
        (lambda m, x: saliency(m, x, [0, 1]), "expected 3 class numbers"),
        (lambda m, x: integrated_gradients(m, x, [0, 1, -1]), "-1"),
        (lambda m, x: integrated_gradients(m, x, [0, 1, 2], 0, 0), "nodes is 0: expected a whole"),
        (lambda m, x: baseline(m, x, "grey"), "the baseline is 'grey': choose black, white, mean"),
        (lambda m, x: saliency(m, x[..., 0], [0, 1, 2]), "images have shape"),
    ],
)
def test_bad_input_is_refused(call, sentence):
    model = build()
    with pytest.raises(minivit.InputError, match=sentence):
        call(model, images_for(model))

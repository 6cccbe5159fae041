import numpy as np
import pytest
from looked_at import KINDS, build, images_for

import minivit
from minivit.inspection import lens_accuracy, lens_places, logit_lens
from minivit.inspection.recording import BATCH


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_are_the_models_own_logits(kind):
    model = build(**KINDS[kind])
    images = images_for(model)
    found, places = logit_lens(model, images), lens_places(model.config)
    assert found.shape == (3, len(places), 3)
    assert len(places) == (9 if model.config.axial else 5)
    assert np.abs(found[:, -1] - model.logits(images)).max() < 2e-15
    assert set(places) <= set(model.trace(images).values)


def test_it_begins_with_the_tokens_that_the_blocks_get():
    assert lens_places(build().config)[:3] == ["embed.x", "blocks.0.attention.y", "blocks.0.mlp.y"]
    assert lens_places(build(**KINDS["2-D"]).config)[0] == "positions.y"
    assert lens_places(build(**KINDS["every layer"]).config)[0] == "embed.x"
    assert lens_places(build(depth=0).config) == ["embed.x"]


def test_each_stage_has_statistics_of_its_own():
    """By hand, for a model that means its patches: LayerNorm each, then the mean."""
    model = build(pool="mean", cls_token=True)
    images, p, c = images_for(model), model.parameters, model.config
    x = model.trace(images).values["blocks.0.attention.y"]
    spread = np.sqrt(x.var(axis=-1, keepdims=True) + c.eps)
    normed = (x - x.mean(axis=-1, keepdims=True)) / spread * p["norm.gamma"] + p["norm.beta"]
    expected = normed[:, 1:].mean(axis=1) @ p["head.w"] + p["head.b"]
    np.testing.assert_allclose(logit_lens(model, images)[:, 1], expected, rtol=1e-12)


def test_in_front_of_the_blocks_cls_knows_nothing_of_the_image():
    found = logit_lens(build(), images_for(build()))
    assert np.ptp(found[:, 0], axis=0).max() == 0 < np.ptp(found[:, 1], axis=0).min()


def test_batches_change_nothing():
    model = build()
    images = images_for(model, BATCH + 2)
    one_by_one = [logit_lens(model, image[None]) for image in images]
    np.testing.assert_allclose(logit_lens(model, images), np.concatenate(one_by_one), rtol=1e-10)


def test_a_zero_head_says_nothing_at_any_depth():
    model = build()
    model.parameters["head.w"] = 0
    assert (logit_lens(model, images_for(model)) == model.parameters["head.b"]).all()


def test_how_much_of_the_images_each_stage_reads_right():
    model = build()
    images = images_for(model, 40)
    lens = logit_lens(model, images)
    labels = np.arange(40) % 3
    found = lens_accuracy(model, images, labels)
    assert found.shape == (5,) and 0 < found[-1] < 1
    for stage, part in enumerate(found):
        right = [lens[i, stage].argmax() == labels[i] for i in range(40)]
        assert part == pytest.approx(sum(right) / 40)
    assert lens_accuracy(model, images, model.logits(images).argmax(axis=1))[-1] == 1


@pytest.mark.parametrize(
    ("count", "labels", "sentence"),
    [(0, [], "there are no images"), (2, [0, 3], "3"), (2, [0], "expected 2 class numbers")],
)
def test_labels_that_can_not_be_compared_are_refused(count, labels, sentence):
    model = build()
    with pytest.raises(minivit.InputError, match=sentence):
        lens_accuracy(model, images_for(model, count), labels)

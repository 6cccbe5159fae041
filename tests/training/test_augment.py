import numpy as np
import pytest
from small_training import EVERY_CHANGE, recipe, small_data

from minivit import InputError
from minivit.data import Split
from minivit.data.augmentation import random_shift
from minivit.training import Feed, Training

ONE_BY_ONE = [
    {"flip": "random"}, {"flip": "alternating"}, {"rotation": 20.0}, {"brightness": 0.5},
    {"contrast": 0.5}, {"erasing": 0.9}, {"mixup": 1.0}, {"cutmix": 1.0},
]  # fmt: skip


def feed(**changes):
    return Feed(recipe(**changes), small_data(), np.dtype(np.float32))


def prepared(epoch=0, step=0, **changes):
    one = feed(**changes)
    return one.prepare(one.epoch(epoch)[step])


def test_a_plain_recipe_shifts_and_nothing_else():
    found, batch = prepared(epoch=2, step=3), feed().epoch(2)[3]
    rng = np.random.default_rng([0, 2, 4])
    images = small_data().train.images[batch.indices]
    assert np.array_equal(found.images, random_shift(images, rng, pixels=1, fill=-1.0))
    assert np.array_equal(found.labels, small_data().train.labels[batch.indices])
    assert found.targets is found.labels


def test_without_any_change_images_stay():
    batch = feed(shift=0).epoch(0)[0]
    found = feed(shift=0).prepare(batch)
    assert np.array_equal(found.images, small_data().train.images[batch.indices])


@pytest.mark.parametrize("change", ONE_BY_ONE)
def test_every_change_changes_images_and_keeps_their_range(change):
    plain, found = prepared(shift=0), prepared(shift=0, **change)
    assert not np.array_equal(found.images, plain.images)
    assert found.images.dtype == np.float32 and np.abs(found.images).max() <= 1 + 1e-6
    if "mixup" in change or "cutmix" in change:
        assert found.targets.shape == (20, 10)
    else:
        assert np.array_equal(found.targets, plain.labels)


@pytest.mark.parametrize("change", EVERY_CHANGE)
def test_chance_depends_on_seed_epoch_and_step_alone(change):
    one, two = prepared(1, 2, **change), prepared(1, 2, **change)
    assert all(np.array_equal(a, b) for a, b in zip(one, two, strict=True))
    batch = feed(**change).epoch(1)[2]
    for other in (batch._replace(step=3), batch._replace(epoch=2)):
        assert not np.array_equal(feed(**change).prepare(other).images, one.images)
    assert not np.array_equal(feed(seed=1, **change).prepare(batch).images, one.images)


def test_images_of_the_data_set_stay_as_they_are():
    data = small_data()
    before = data.train.images.copy()
    for change in EVERY_CHANGE:
        one = Feed(recipe(**change), data, np.dtype(np.float32))
        one.prepare(one.epoch(0)[0])
    assert np.array_equal(data.train.images, before)


def test_alternating_flips_know_the_images_whatever_the_order():
    """In two epochs in a row, each image is once as it is and once mirrored."""
    one, seen = feed(shift=0, flip="alternating"), []
    for epoch in (0, 1):
        images = np.empty_like(small_data().train.images)
        for batch in one.epoch(epoch):
            images[batch.indices] = one.prepare(batch).images
        seen.append(images)
    assert np.array_equal(seen[0][:, :, ::-1], seen[1])


def test_with_mixup_and_cutmix_each_batch_draws_one():
    kinds = set()
    for step in range(5):
        plain, found = prepared(step=step, shift=0), prepared(step=step, shift=0, mixup=1, cutmix=1)
        pixels = {tuple(pixel) for pixel in plain.images.reshape(-1, 1).tolist()}
        kinds.add({tuple(p) for p in found.images.reshape(-1, 1).tolist()} <= pixels)
    assert kinds == {True, False}  # cutmix makes no new grey, mixup does


def test_images_in_bytes_of_another_range_keep_it():
    data = small_data()._replace(preprocessing={})  # nothing is known of black and white
    data = data._replace(train=Split(data.train.images * 2 + 2, data.train.labels))
    changes = {"brightness": 0.9, "contrast": 0.9, "erasing": 0.9, "rotation": 30.0}
    one = Feed(recipe(**changes), data, np.dtype(np.float32))
    images = one.prepare(one.epoch(0)[0]).images
    assert images.min() == 0 and 3.9 < images.max() <= 4 + 1e-5


def test_loss_and_accuracy_are_those_of_what_the_images_show():
    """The loss that of the soft targets, smoothed on top; accuracy counts the larger share."""
    training = Training(recipe(mixup=1.0, smoothing=0.2), small_data())
    head = training.model.parameters["head.w"]
    training.model.parameters["head.w"] = np.random.default_rng(0).normal(size=head.shape)
    batch = training.epoch()[0]
    found = training.feed.prepare(batch)
    assert ((found.targets > 0).sum(axis=1) == 2).any()
    logits = training.model.logits(found.images).astype(np.float64)
    log_probs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    expected = -((0.8 * found.targets + 0.02) * log_probs).sum(axis=1).mean()
    assert training.train_batch(batch) == pytest.approx(expected, rel=1e-5)
    answers = logits.argmax(axis=1)
    assert training.state.correct == (found.targets.argmax(axis=1) == answers).sum()


def test_a_shift_that_leaves_nothing_is_refused():
    with pytest.raises(InputError, match="shift is 9, and the longer side of the images is 8"):
        feed(shift=9)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"flip": "left"}, "flip is 'left': choose 'none' or 'random' or 'alternating'"),
        ({"shift_fill": "white"}, "shift fill is 'white': choose 'ground' or 'reflect'"),
        ({"brightness": 1.0}, "brightness is 1.0: expected a number from 0 to below 1"),
        ({"rotation": 1e308}, "rotation is 1e.308: expected a number from 0 to below 360"),
        ({"mixup": -0.1}, "mixup is -0.1: expected a number from 0"),
        ({"snapshots": 1.5}, "snapshots is 1.5: expected a whole number from 0"),
    ],
)
def test_what_cannot_be_meant(change, sentence):
    with pytest.raises(InputError, match=sentence):
        recipe(**change)

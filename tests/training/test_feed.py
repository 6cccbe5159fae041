import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, train
from minivit.data import ImageSource, Levels, Split
from minivit.training import Feed, Training


def feed(**changes) -> Feed:
    return Training(recipe(shift=2, **changes), small_data()).feed


def test_an_epoch_shows_every_image_once_and_each_epoch_in_another_order():
    orders = [
        np.concatenate([batch.indices for batch in feed().epoch(epoch)]) for epoch in range(3)
    ]
    for order in orders:
        assert np.array_equal(np.sort(order), np.arange(96))
    assert not np.array_equal(orders[0], orders[1])
    assert [len(batch.indices) for batch in feed().epoch(0)] == [20, 20, 20, 20, 16]


def test_a_batch_can_be_prepared_at_any_time_and_again():
    late = feed().epoch(1, first_step=3)
    every = feed().epoch(1)
    assert [batch.step for batch in late] == [3, 4]
    for one, two in zip(late, every[3:], strict=True):
        assert np.array_equal(one.indices, two.indices)
        assert np.array_equal(feed().prepare(one).images, feed().prepare(two).images)
    of_each = feed()
    for batch in reversed(every):
        found = of_each.prepare(batch)
        assert np.array_equal(found.images, feed().prepare(batch).images)
        assert np.array_equal(found.labels, small_data().train.labels[batch.indices])


def test_two_steps_and_two_epochs_draw_other_shifts():
    data = small_data()
    same = Split(np.repeat(data.train.images[:1], 96, axis=0), data.train.labels)
    of_one = Training(recipe(shift=2), data._replace(train=same)).feed
    drawn = [of_one.prepare(batch).images[:16] for e in range(2) for batch in of_one.epoch(e)]
    for i, images in enumerate(drawn):
        for other in drawn[:i]:
            assert not np.array_equal(images, other)


class Slow(Levels):
    slow = True


@pytest.mark.parametrize("kind", [Levels, Slow])
def test_a_source_trains_to_the_same_bits_as_its_images(kind):
    data = small_data()
    sources = [
        Split(kind(np.round((part.images + 1) * 8).astype(np.uint8), low=-1, high=1, white=16),
              part.labels)
        for part in (data.train, data.test)
    ]  # fmt: skip
    found = train(recipe(epochs=2), data._replace(train=sources[0], test=sources[1]))
    expected = train(recipe(epochs=2), data)
    assert isinstance(found.data.train.images, ImageSource)
    assert np.array_equal(found.model.parameters.flat, expected.model.parameters.flat)
    assert found.state.history == expected.state.history


def test_the_share_of_waiting_is_a_part_of_the_time():
    (row,) = train(recipe(epochs=1), small_data()).state.timing
    assert 0 < row["share_of_waiting"] < 1


def test_a_source_of_another_shape_is_refused():
    data = small_data()
    wrong = Split(Levels(np.zeros((96, 9, 8, 1), np.uint8), low=-1, high=1), data.train.labels)
    with pytest.raises(InputError, match=r"images have shape \(96, 9, 8, 1\)"):
        Training(recipe(), data._replace(train=wrong))

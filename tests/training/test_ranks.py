"""The laws of training together, on ranks that are threads; test_ranks_mpi.py has real ones."""

from dataclasses import replace

import numpy as np
import pytest
from simulated_ranks import on_each
from small_training import EVERY_CHANGE, EVERY_OPTION, EVERY_RECIPE, SMALL, recipe, small_data

from minivit import InputError, train
from minivit.data import Levels
from minivit.processes import is_everywhere
from minivit.training import Diverged, Training, all_but_head, finetuning
from minivit.training.mpi_ranks import handed_over
from minivit.training.ranks import Ranks


def told(training):
    """All that a training has become, in bits."""
    arrays = {"parameters": training.model.parameters, "buffers": training.model.buffers}
    arrays |= training.kept
    return {name: each.flat.tobytes() for name, each in arrays.items()} | {
        "history": training.state.history,
        "places": {name: rows.tobytes() for name, rows in training.places.arrays().items()},
    }


def trained(config, ranks, images=90):
    """90 images in batches of 32 leave one of 26, which 4 ranks or parts don't divide."""
    data = small_data(images, test=150)  # two batches to measure
    return told(train(config, data, training=Training(config, data, ranks=ranks)))


def config_of(**changes):
    model = {name: changes.pop(name) for name in list(changes) if name in SMALL.to_dict()}
    return recipe(**{"epochs": 1, "batch": 32, "model": replace(SMALL, depth=2, **model)} | changes)


def one_process(config, ranks):
    """What one process finds that has the parts of all, one after another."""
    return trained(replace(config, accumulate=config.accumulate * ranks), Ranks())


@pytest.mark.parametrize("changes", [*EVERY_OPTION, *EVERY_CHANGE, *EVERY_RECIPE])
def test_two_ranks_find_the_bits_of_one_that_has_both_halves(changes):
    config = config_of(**changes)
    whole = one_process(config, 2)
    for found in on_each(2, lambda ranks: trained(config, ranks)):
        assert found == whole


@pytest.mark.parametrize("count", [3, 4])
@pytest.mark.parametrize("changes", [{"norm": "batch", **EVERY_OPTION[8]}, {"accumulate": 3}])
def test_any_number_of_ordered_ranks_does(count, changes):
    config = config_of(**changes)
    whole = one_process(config, count)
    for found in on_each(count, lambda ranks: trained(config, ranks)):
        assert found == whole


@pytest.mark.parametrize("changes", [{}, {"objective": "mae", "decoder_width": 8}, EVERY_OPTION[8]])
def test_ranks_without_an_image_take_part(changes):
    """A last batch of one image, among two and four ranks that accumulate."""
    config = config_of(batch=8, accumulate=2, **changes)
    for count in (2, 4):
        whole = trained(replace(config, accumulate=2 * count), Ranks(), images=17)
        for found in on_each(count, lambda ranks: trained(config, ranks, images=17)):
            assert found == whole


def test_without_order_the_last_bits_may_differ_and_no_more():
    config = config_of(accumulate=2)
    whole = np.frombuffer(one_process(config, 4)["parameters"], np.float32)
    all_found = on_each(4, lambda ranks: trained(config, ranks), ordered=False)
    assert all(found == all_found[0] for found in all_found)
    found = np.frombuffer(all_found[0]["parameters"], np.float32)
    assert np.abs(found - whole).max() < 1e-4  # Adam divides tiny gradients by themselves


def test_unequal_parts_are_weighted_by_their_images():
    """The gradient of 26 images among four ranks, 6 or 7 each, is that of the whole batch."""
    config = replace(config_of(batch=26), model=replace(SMALL, depth=2))
    data = small_data(26)

    def gradient(ranks):
        training = Training(config, data, np.float64, ranks=ranks)
        training.train_batch(training.epoch()[0])
        return training.model.gradients.flat.copy()

    whole = gradient(Ranks())
    for found in on_each(4, gradient):
        assert np.abs(found - whole).max() < 1e-12


def test_a_rank_that_reads_no_image_but_its_own():
    """Where nothing is mixed, only a rank's own images are read and changed."""
    config, data = config_of(flip="random", rotation=5.0, brightness=0.2), small_data(32)
    (batch,) = Training(config, data).epoch()
    read = []

    class Noting(Levels):
        def part(self, indices):
            read.append(indices)
            return super().part(indices)

    levels = np.rint(data.train.images * 255).astype(np.uint8)
    images = Noting(levels, low=0.0, high=1.0)
    of_source = data._replace(train=data.train._replace(images=images))
    for number in (0, 1):
        ranks = Ranks()
        ranks.number, ranks.count = number, 2
        feed = Training(config, of_source, ranks=ranks).feed
        read.clear()
        feed.prepare(batch)
        assert np.array_equal(np.concatenate(read), batch.indices[16 * number : 16 * number + 16])


def test_fine_tuning_in_two_finds_the_bits_of_one():
    start = Training(config_of(), small_data(32)).model
    data, how = small_data(90, test=150), {"batch": 32, "epochs": 1, "freeze": all_but_head(SMALL)}

    def tuned(ranks, **changes):
        begun = finetuning(start, data, recipe="finetune", training=how | changes, ranks=ranks)
        return told(train(begun.config, begun.data, training=begun))

    whole = tuned(Ranks(), accumulate=2)
    assert on_each(2, tuned) == [whole] * 2


def test_a_batch_has_an_image_for_every_part():
    with pytest.raises(InputError, match=r"3 processes with 2 parts each .* a batch of 5 images"):
        on_each(3, lambda ranks: trained(config_of(batch=5, accumulate=2), ranks))


@pytest.mark.parametrize("where", ["train", "test"])
def test_other_data_on_one_rank_are_noticed_before_the_first_step(where):
    config = config_of()

    def begin(ranks):
        data = small_data(32)
        if ranks.number == 1:
            split = getattr(data, where)
            data = data._replace(**{where: split._replace(labels=split.labels[::-1].copy())})
        training = Training(config, data, ranks=ranks)
        train(config, data, training=training, on_step=lambda training, loss: steps.append(loss))

    steps = []
    with pytest.raises(InputError, match="the images and labels of process 1 differ"):
        on_each(2, begin)
    assert steps == []


def test_a_loss_that_is_not_finite_stops_all_with_one_sentence():
    config = config_of(learning_rate=1e30, epochs=3)

    def sentence(ranks):
        with pytest.raises(Diverged) as caught:
            trained(config, ranks)
        return str(caught.value)

    sentences = set(on_each(2, sentence))
    assert len(sentences) == 1
    assert "the first tensor with NaN or infinity is" in sentences.pop()


def test_ranks_name_the_tensor_that_one_process_would():
    """An image of the first rank overflows in a LayerNorm, one of the second earlier."""
    config, data = config_of(shift=0), small_data(32)
    images = data.train.images.copy()
    images[:, 0, :2] = 0
    (batch,) = Training(config, data).epoch()
    images[batch.indices[3], 0, 1] = images[batch.indices[20], 0, 0] = 1
    data = data._replace(train=data.train._replace(images=images))

    def sentence(ranks, accumulate=1):
        training = Training(replace(config, accumulate=accumulate), data, ranks=ranks)
        training.model.parameters["embed.w"][:2] = [[3e38], [1e30]]
        training.model.parameters["embed.b"][:] = 2e38
        with pytest.raises(Diverged) as caught:
            training.train_batch(batch)
        return str(caught.value)

    whole = sentence(Ranks(), accumulate=2)
    assert "the first tensor with NaN or infinity is 'embed.projected'" in whole
    assert on_each(2, sentence) == [whole] * 2


def test_memory_that_one_rank_lacks_stops_all(monkeypatch):
    config, data = config_of(), small_data(32)

    def sentence(ranks):
        training = Training(config, data, ranks=ranks)
        if ranks.number == 1:
            monkeypatch.setattr(training.model, "need_memory", lacking)
        with pytest.raises(InputError) as caught:
            training.train_batch(training.epoch()[0])
        return str(caught.value), is_everywhere(caught.value)

    def lacking(images):
        raise InputError(f"{images} images don't fit")

    assert on_each(2, sentence) == [("in process 1: 16 images don't fit", True)] * 2


def test_an_error_of_one_rank_is_raised_on_all():
    def sentence(ranks):
        def make():
            if ranks.number == 1:
                raise InputError("mine is damaged")

        with pytest.raises(InputError) as caught:
            ranks.together(make)
        return str(caught.value)

    assert on_each(3, sentence) == ["in process 1: mine is damaged"] * 3


def test_parameters_that_drift_apart_are_noticed():
    config = config_of(epochs=2)

    def drift(ranks):
        data = small_data(32)
        training = Training(config, data, ranks=ranks)
        if ranks.number == 1:
            training.model.parameters.flat[0] += 1
        train(config, data, training=training)

    with pytest.raises(InputError, match="the parameters of process 1 differ"):
        on_each(2, drift)


@pytest.mark.parametrize("count", [1, 2, 3, 5, 32])
def test_shares_are_all_there_is_in_order(count):
    for things in (0, 1, 2, 7, 31, 64):
        for rounds in (1, 2, 3):
            shares = []
            for number in range(count):
                ranks = Ranks()
                ranks.number, ranks.count = number, count
                shares.append(ranks.shares(things, rounds))
            found = [i for each in zip(*shares, strict=True) for part in each for i in part]
            assert found == list(range(things))
            lengths = [len(part) for parts in shares for part in parts]
            assert max(lengths) - min(lengths) <= 1


@pytest.mark.parametrize(
    "array", [np.zeros((3, 4), order="F"), np.zeros((4, 6))[:, ::2], np.zeros(3, int)]
)
def test_what_mpi_would_take_wrongly_is_refused(array):
    with pytest.raises(InputError, match="contiguous in C order"):
        handed_over(array)

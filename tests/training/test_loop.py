import copy
import math
import pickle

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, train
from minivit.data import Split
from minivit.training import Training, epoch_line, evaluate, heading


def test_the_first_loss_is_ln_10_and_the_model_learns():
    losses = []
    training = train(
        recipe(epochs=40, learning_rate=0.01, smoothing=0.0, shift=0),
        small_data(),
        on_step=lambda _, loss: losses.append(loss),
    )
    assert losses[0] == pytest.approx(math.log(10), abs=1e-6)  # a zero head
    history = training.state.history
    assert [row["epoch"] for row in history] == list(range(1, 41))
    assert history[-1]["train_loss"] < 0.5 * history[0]["train_loss"]
    assert len(losses) == 40 * 5
    tested = evaluate(training.model, *small_data().test)
    assert history[-1]["test_accuracy"] == tested.accuracy
    assert history[-1]["test_loss"] == tested.loss


def test_same_seed_same_bits_and_another_seed_others():
    one, two, other = (train(recipe(seed=seed), small_data()) for seed in (1, 1, 2))
    assert np.array_equal(one.model.parameters.flat, two.model.parameters.flat)
    assert one.state.history == two.state.history
    assert not np.array_equal(one.model.parameters.flat, other.model.parameters.flat)


def test_labels_out_of_range_are_refused():
    data = small_data()
    bad = data._replace(train=Split(data.train.images, data.train.labels + 1))
    with pytest.raises(InputError, match="with 10 classes they must lie between 0 and 9"):
        train(recipe(), bad)


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))],
    ids=["copy", "deepcopy", "pickle"],
)
def test_a_copy_learns_and_its_original_stays(copied):
    """Taken in the middle of an epoch; the copy goes on to the same bits as the original would."""
    original, whole = Training(recipe(), small_data()), train(recipe(), small_data())
    for batch in original.epoch()[:2]:
        original.train_batch(batch)
    kept, state = original.model.parameters.flat.copy(), copy.deepcopy(original.state)
    moments = original.optimiser.first_moment.flat.copy()
    other = copied(original)
    assert other.optimiser.parameters is other.model.parameters
    for arrays in (other.model.parameters, other.optimiser.first_moment):
        assert all(np.shares_memory(array, arrays.flat) for array in arrays.values())
    train(other.config, other.data, training=other)
    assert np.array_equal(other.model.parameters.flat, whole.model.parameters.flat)
    assert other.state.history == whole.state.history
    assert np.array_equal(original.model.parameters.flat, kept)
    assert np.array_equal(original.optimiser.first_moment.flat, moments)
    assert original.optimiser.steps == 2 and original.state == state


def test_the_best_model_can_be_kept_as_a_copy():
    best = []

    def on_epoch(training, row):
        best.append((copy.deepcopy(training.model), row["test_loss"]))

    train(recipe(), small_data(), on_epoch=on_epoch)
    for model, loss in best:
        assert evaluate(model, *small_data().test).loss == loss


def test_progress_is_printed_when_asked(capsys):
    train(recipe(), small_data())
    assert capsys.readouterr().out == ""
    training = train(recipe(), small_data(), progress=True)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == heading("test") and len(lines) == 4
    seconds = training.state.timing[2]["seconds"]
    assert lines[3] == epoch_line(3, training.state.history[2], seconds)

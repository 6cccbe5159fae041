import math

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, train
from minivit.data import Split
from minivit.training import evaluate


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

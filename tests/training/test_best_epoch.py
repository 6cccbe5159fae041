"""The epoch that was best on held-out images."""

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, ViT
from minivit.training import BestEpoch, run_data, train


def trained(epochs: int, on_epoch, **changes):
    config = recipe(epochs=epochs, hold_out=0.3, learning_rate=0.05, schedule="constant",
                    clip=1e9, **changes)  # fmt: skip
    return train(config, run_data(small_data(), config), on_epoch=on_epoch)


def test_the_parameters_are_those_that_the_best_epoch_left():
    """At this rate a training goes up and down; the best epoch is not the last."""
    best, after = BestEpoch(), []

    def keep(training, row):
        best(training, row)
        after.append(training.model.parameters.flat.copy())

    training = trained(8, keep)
    reached = [row["held_out_accuracy"] for row in training.state.history]
    assert best.accuracy == max(reached) and best.epoch == 1 + int(np.argmax(reached)) < 8
    last = training.model.parameters.flat.copy()
    best.restore(training.model)
    assert np.array_equal(training.model.parameters.flat, after[best.epoch - 1])
    assert not np.array_equal(training.model.parameters.flat, last)


def test_of_equally_good_epochs_the_first_counts():
    best = BestEpoch()
    trained(1, best)
    first, accuracy = best.parameters, best.accuracy
    training = trained(1, lambda *_: None, seed=1)
    best(training, {"epoch": 2, "held_out_accuracy": accuracy})
    assert best.epoch == 1 and best.parameters is first
    best(training, {"epoch": 3, "held_out_accuracy": accuracy + 0.01})
    assert best.epoch == 3 and np.array_equal(best.parameters.flat, training.model.parameters.flat)


def test_test_images_must_not_choose():
    config = recipe(epochs=1)
    with pytest.raises(InputError, match="test images must not choose what they judge"):
        train(config, small_data(), on_epoch=BestEpoch())
    with pytest.raises(InputError, match="no epoch has been finished"):
        BestEpoch().restore(ViT(config.model))

import re

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, TrainingConfig, train
from minivit.optim import SCHEDULES, SGD, Adam, Muon
from minivit.training import Training
from minivit.training.optimisers import OPTIMISERS, places


@pytest.mark.parametrize("name", OPTIMISERS)
def test_a_recipe_names_its_optimiser_and_all_of_them_learn(name):
    rates = {"sgd": 0.1, "adam": 0.01, "adamw": 0.01, "muon": 0.01}
    config = recipe(
        optimiser=name, learning_rate=rates[name], weight_decay=1e-3, epochs=15, shift=0
    )
    training = train(config, small_data())
    kind = {"sgd": SGD, "muon": Muon}.get(name, Adam)
    assert type(training.optimiser) is kind
    history = training.state.history
    assert history[-1]["train_loss"] < 0.8 * history[0]["train_loss"]


def test_options_reach_the_optimiser():
    sgd = Training(recipe(optimiser="sgd", momentum=0.7, nesterov=True, weight_decay=0.2),
                   small_data()).optimiser  # fmt: skip
    assert sgd.options == {"momentum": 0.7, "nesterov": True, "weight_decay": 0.2}
    for name, decoupled in (("adam", False), ("adamw", True)):
        adam = Training(recipe(optimiser=name, beta1=0.5, beta2=0.6), small_data()).optimiser
        assert adam.options == {"beta1": 0.5, "beta2": 0.6, "eps": 1e-8, "weight_decay": 0.05,
                                "decoupled": decoupled}  # fmt: skip
    muon = Training(recipe(optimiser="muon", beta1=0.5, momentum=0.4), small_data()).optimiser
    assert (muon.momentum, muon.options["beta1"]) == (0.4, 0.5)


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_recipe_names_its_schedule(schedule):
    training = Training(recipe(schedule=schedule, warmup_epochs=1.0), small_data())
    rates = []
    for batch in training.epoch():
        rates.append(training.learning_rate())
        training.train_batch(batch)
    training.finish_epoch()
    training.state.epoch = 2  # five steps before the end of 15
    rates.append(training.learning_rate())
    assert rates[:5] == pytest.approx([2e-3 * (i + 1) / 5 for i in range(5)])
    at_half = {"cosine": 0.5, "linear": 0.5, "constant": 1.0}
    assert rates[5] == pytest.approx(2e-3 * at_half[schedule])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"optimiser": "adams"}, "optimiser is 'adams': choose 'adamw' or 'adam' or 'sgd' or"),
        ({"schedule": "steps"}, "schedule is 'steps': choose 'cosine' or 'linear' or 'constant'"),
        ({"momentum": 0.8}, "momentum is 0.8, and the optimiser adamw has no such option: leave it "
                            "at 0.9, or choose sgd or muon"),
        ({"optimiser": "sgd", "beta2": 0.99}, "beta2 is 0.99, and the optimiser sgd has no such"),
        ({"optimiser": "muon", "nesterov": True}, "leave it at False, or choose sgd"),
        ({"optimiser": "sgd", "nesterov": True, "momentum": 0.0}, "the momentum, which is 0"),
        ({"optimiser": "sgd", "momentum": 1.0}, "momentum is 1.0: expected a number from 0 to bel"),
        ({"beta1": 1.0}, "beta1 is 1.0: expected a number from 0 to below 1"),
        ({"average": 1.0}, "average is 1.0: expected a number above 0 to below 1, or None"),
        ({"accumulate": 0}, "accumulate is 0: expected a whole number from 1"),
        ({"accumulate": 21}, "accumulate is 21 and batch is 20: a batch of so many images has at"),
        ({"freeze": 3}, "freeze is 3: expected a word, or None"),
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_a_sentence(changes, sentence):
    with pytest.raises(InputError, match=re.escape(sentence)):
        recipe(**changes)


@pytest.mark.parametrize(
    ("text", "found"),
    [(None, []), ("", []), ("embed", ["embed"]), (" embed, blocks.0,", ["embed", "blocks.0"])],
)
def test_places_are_read(text, found):
    assert places(text) == found


@pytest.mark.parametrize("optimiser", OPTIMISERS)
def test_what_is_frozen_stays_and_the_rest_learns(optimiser):
    """Not even decay moves it; nor is it in the average, which is the weights' own there."""
    config = recipe(freeze="embed,blocks.0.mlp", optimiser=optimiser, average=0.9)
    begun, training = Training(config, small_data()), train(config, small_data())
    averaged = training.averaged_model().parameters
    for name, array in training.model.parameters.items():
        is_frozen = name.startswith(("embed.", "blocks.0.mlp."))
        assert np.array_equal(array, begun.model.parameters[name]) == is_frozen, name
        assert np.array_equal(array, averaged[name]) == is_frozen, name
        assert (name in training.average.arrays) != is_frozen


@pytest.mark.parametrize("freeze", [None, "embed", "blocks,norm"])
def test_a_frozen_gradient_does_not_count_for_the_norm(freeze):
    """Clipping brings the gradient of what learns, and of that alone, to the largest norm."""
    training = Training(recipe(freeze=freeze, optimiser="sgd", clip=1e-3), small_data())
    training.model.parameters["head.w"] = np.random.default_rng(0).normal(0, 1, (16, 10))
    training.train_batch(training.epoch()[0])
    gradients, velocity = training.model.gradients, training.optimiser.velocity
    norm = np.linalg.norm(np.concatenate([gradients[name].reshape(-1) for name in velocity]))
    assert norm > 1e-2 and (norm < np.linalg.norm(gradients.flat)) == (freeze is not None)
    assert np.allclose(velocity["head.b"], gradients["head.b"] * 1e-3 / norm, rtol=1e-4)


def test_unknown_places_and_a_model_that_is_frozen_all_over():
    with pytest.raises(InputError, match=r"freeze names 'blocks\.1', where this model learns not"):
        Training(recipe(freeze="blocks.1"), small_data())
    with pytest.raises(InputError, match="nothing is left to learn"):
        Training(recipe(freeze="embed,blocks,norm,head"), small_data())


def test_the_average_is_measured_beside_the_weights():
    training = train(recipe(average=0.9), small_data())
    row = training.state.history[-1]
    assert list(row)[-6:-2] == ["test_loss", "test_accuracy", "averaged_test_loss",
                              "averaged_test_accuracy"]  # fmt: skip
    plain = train(recipe(), small_data())
    assert np.array_equal(plain.model.parameters.flat, training.model.parameters.flat)
    assert {k: v for k, v in row.items() if "averaged" not in k} == plain.state.history[-1]
    assert row["averaged_test_loss"] != row["test_loss"]
    with pytest.raises(InputError, match="the recipe averages no weights: set average, to 0"):
        plain.averaged_model()


def test_parts_of_a_batch_train_to_the_same():
    """To rounding; the last batch of an epoch has fewer images than parts here."""
    trainings = []
    for parts in (1, 7):
        config = recipe(accumulate=parts, batch=19, learning_rate=0.01)
        training = Training(config, small_data(), np.float64)
        assert len(training.epoch()[-1].indices) == 1
        trainings.append(train(config, small_data(), training=training))
    one, other = trainings
    assert np.abs(one.model.parameters.flat - other.model.parameters.flat).max() < 1e-8
    for row, same in zip(one.state.history, other.state.history, strict=True):
        assert list(row.values()) == pytest.approx(list(same.values()), abs=1e-8)


def test_defaults_are_those_of_adamw():
    assert TrainingConfig() == TrainingConfig(
        optimiser="adamw", beta1=0.9, beta2=0.999, schedule="cosine", accumulate=1, average=None,
        freeze=None, weight_decay=0.05, clip=1.0,
    )  # fmt: skip

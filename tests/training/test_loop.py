import math

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, TrainingConfig, load, save, train
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


def similar(**changes):
    """The digits as somebody of their own may have them."""
    data = small_data()
    parts = [Split(s.images[..., 0].astype("float16"), s.labels.tolist()) for s in data[-2:]]
    return data._replace(preprocessing={}, train=parts[0], test=parts[1])._replace(**changes)


def as_kind(data, images):
    return data._replace(**{n: getattr(data, n)._replace(images=images(getattr(data, n).images))
                            for n in ("train", "test")})  # fmt: skip


@pytest.mark.parametrize("changes", [{}, {"preprocessing": None}, {"class_names": None},
                                     {"class_names": np.arange(10)}])  # fmt: skip
def test_own_data_trains_to_the_same(tmp_path, changes):
    """Without channels, in float16 (the digits are steps of 1/8), with lists, no preprocessing."""
    expected = train(recipe(epochs=1), small_data())
    found = train(recipe(epochs=1), similar(**changes))
    assert np.array_equal(found.model.parameters.flat, expected.model.parameters.flat)
    save(found.model, tmp_path / "m.safetensors")
    assert load(tmp_path / "m.safetensors").class_names == [str(c) for c in range(10)]


@pytest.mark.parametrize("kind", [np.ndarray.tolist, np.asfortranarray, lambda x: x.astype(">f8")])
def test_images_of_any_kind_train_to_the_same(kind):
    expected = train(recipe(epochs=1), small_data())
    found = train(recipe(epochs=1), as_kind(small_data(), kind))
    assert np.array_equal(found.model.parameters.flat, expected.model.parameters.flat)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"class_names": ["one", "two"]}, "the class names are one, two: 2 for 10 classes"),
        ({"train": Split([], [])}, "has no images on one side"),
        ({"train": Split(np.zeros((2, 8, 9)), [0, 1])}, r"images have shape \(2, 8, 9\)"),
        ({"train": Split(np.full((2, 8, 8), 200), [0, 1])}, "they look unscaled"),
        ({"test": Split(np.zeros((2, 8, 8)), [0, 1.5])}, "expected 2 class numbers"),
        ({"test": Split(np.zeros((3, 8, 8)), [0, 1])}, "expected 3 class numbers"),
    ],
)
def test_own_data_that_cannot_be_meant(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        train(recipe(), similar(**changes))


def test_evaluation_of_own_data():
    model, data = train(recipe(epochs=1), small_data()).model, small_data()
    expected = evaluate(model, *data.test)
    found = evaluate(model, data.test.images[..., 0].tolist(), data.test.labels.tolist())
    assert found.loss == expected.loss and found.accuracy == expected.accuracy
    for images, labels in (([], []), (data.test.images, [0]), (data.test.images[:2], [0, 10])):
        with pytest.raises(InputError):
            evaluate(model, images, labels)


def test_a_recipe_takes_a_variants_name():
    assert TrainingConfig(model="digits") == TrainingConfig()

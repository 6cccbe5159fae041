import copy
import math
import pickle

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, TrainingConfig, ViT, load, save, train
from minivit.data import Split
from minivit.training import Training, epoch_line, evaluate, heading, load_run, save_run


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
    with pytest.raises(InputError, match="labels up to 10, and the model's head is for 10 classes"):
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


def similar(**changes):
    """The digits as somebody of their own may have them."""
    data = small_data()
    splits = data.train, data.test
    parts = [Split(s.images[..., 0].astype("float16"), s.labels.tolist()) for s in splits]
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
        (
            {"class_names": ["one", "two"]},
            "the data have 2 classes, one, two, and the model's head is for 10 classes",
        ),
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


@pytest.mark.parametrize("beginning", ["mimetic", "standard-normal", "truncated-normal"])
@pytest.mark.parametrize("position_std", [0.5, None])
def test_a_recipe_says_how_the_model_begins(tmp_path, beginning, position_std):
    config = recipe(beginning=beginning, position_std=position_std)
    training = Training(config, small_data())
    expected = ViT(config.model, 0, beginning=beginning, position_std=position_std)
    assert np.array_equal(training.model.parameters.flat, expected.parameters.flat)
    save_run(training, tmp_path)
    assert load_run(tmp_path, small_data()).config == config


def test_a_recipe_takes_a_variants_name():
    assert TrainingConfig(model="digits") == TrainingConfig()

import csv
import math

import numpy as np
import pytest

from minivit import InputError, TrainingConfig, train, variant
from minivit.checkpoints import read_checkpoint, write_checkpoint
from minivit.data import Split, load_dataset
from minivit.evaluation import evaluate
from minivit.runs import GROUPS, load_run, new_folder, save_run
from minivit.training import Training

SMALL = variant("digits", width=16, depth=1, heads=2, mlp=16)


def small_data(images=96, test=20):
    data = load_dataset("digits")
    return data._replace(
        train=Split(data.train.images[:images], data.train.labels[:images]),
        test=Split(data.test.images[:test], data.test.labels[:test]),
    )


def recipe(**changes):
    return TrainingConfig(**({"model": SMALL, "epochs": 3, "batch": 20} | changes))


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


class Stop(Exception):
    pass


@pytest.mark.parametrize("stop_after", [1, 4, 5, 7, 15])  # 5 batches an epoch
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr("minivit.runs.load_dataset", lambda name: small_data())
    whole = train(recipe(), small_data())
    done = []

    def on_step(training, loss):
        done.append(loss)
        if len(done) == stop_after:
            save_run(training, tmp_path)
            raise Stop

    with pytest.raises(Stop):
        train(recipe(), small_data(), on_step=on_step)
    again = load_run(tmp_path)
    assert (again.state.epoch * 5 + again.state.step) == stop_after
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)
    assert again.state.history == whole.state.history
    assert again.optimiser.steps == 15


def test_tables_read_back_exactly(tmp_path):
    training = train(recipe(), small_data())
    save_run(training, tmp_path)
    with (tmp_path / "history.csv").open() as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert rows == training.state.history
    with (tmp_path / "timing.csv").open() as file:
        assert list(csv.DictReader(file))[2]["epoch"] == "3"


def test_divergence_names_the_first_tensor_and_keeps_the_checkpoint(tmp_path):
    training = Training(recipe(), small_data())
    save_run(training, tmp_path)
    kept = (tmp_path / "checkpoint.safetensors").read_bytes()
    training.model.parameters["blocks.0.mlp.w1"][3, 3] = np.inf
    with pytest.raises(InputError, match=r"first tensor .* is the parameter 'blocks\.0\.mlp\.w1'"):
        train(training.config, training.data, training=training)
    with pytest.raises(InputError, match=r"'blocks\.0\.mlp\.w1'"):
        save_run(training, tmp_path)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == kept


def test_divergence_in_an_intermediate_is_named():
    training = Training(recipe(), small_data())
    training.model.parameters["blocks.0.mlp.w2"][:] = 3e38
    training.model.parameters["blocks.0.mlp.b1"][:] = 3e2
    with pytest.raises(InputError, match=r"first tensor .* is 'blocks\.0\.mlp\.out'"):
        train(training.config, training.data, training=training)


def test_labels_out_of_range_are_refused():
    data = small_data()
    bad = data._replace(train=Split(data.train.images, data.train.labels + 1))
    with pytest.raises(InputError, match="with 10 classes they must lie between 0 and 9"):
        train(recipe(), bad)


@pytest.mark.parametrize(
    "change",
    [
        {"batch": 0}, {"batch": -3}, {"epochs": -1}, {"learning_rate": 0.0},
        {"learning_rate": float("nan")}, {"learning_rate": float("inf")}, {"weight_decay": -1.0},
        {"smoothing": 1.0}, {"clip": 0.0}, {"seed": -1}, {"shift": -1}, {"hold_out": 1.5},
    ],
)  # fmt: skip
def test_a_recipe_that_cannot_be_meant(change):
    with pytest.raises(InputError, match=f"{next(iter(change)).replace('_', '.')} is"):
        recipe(**change)


def test_folders_are_never_overwritten_unasked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(new_folder("digits", None)) for _ in range(2)] == ["runs/digits-1", "runs/digits-2"]
    out = tmp_path / "mine"
    assert new_folder("digits", out) == out
    save_run(Training(recipe(), small_data()), out)
    with pytest.raises(InputError, match=r"exists and is not empty: choose another --out"):
        new_folder("digits", out)
    new_folder("digits", out, force=True)
    assert list(out.iterdir()) == []
    (out / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="--force only overwrites runs"):
        new_folder("digits", out, force=True)
    assert (out / "thesis.txt").exists()
    with pytest.raises(InputError, match="is a file"):
        new_folder("digits", out / "thesis.txt")


def test_a_bare_model_is_no_run(tmp_path):
    Training(recipe(), small_data()).model.save(tmp_path / "checkpoint.safetensors")
    with pytest.raises(InputError, match="no run that could go on"):
        load_run(tmp_path)


@pytest.mark.parametrize("damage", [{}, {"recipe": {"epochs": "x"}}, {"state": {"epoch": "x"}}])
def test_a_damaged_run_is_refused(tmp_path, monkeypatch, damage):
    monkeypatch.setattr("minivit.runs.load_dataset", lambda name: small_data())
    training = Training(recipe(), small_data())
    save_run(training, tmp_path)
    header, groups = read_checkpoint(tmp_path, GROUPS)
    header["training"] = header["training"] | damage if damage else {"recipe": {}}
    write_checkpoint(tmp_path / "checkpoint.safetensors", header, groups)
    with pytest.raises(InputError, match=r"damaged header|expected a whole number"):
        load_run(tmp_path)

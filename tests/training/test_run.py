import csv
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from data_files import write_pictures
from headers import rewrite
from small_training import EVERY_CHANGE, EVERY_OPTION, EVERY_RECIPE, SMALL, recipe, small_data

from minivit import InputError, load, load_dataset, save, train
from minivit.checkpoints import read_checkpoint, read_header
from minivit.data import Split, picture_source
from minivit.training import Training, evaluate, load_run, run_data, save_run
from minivit.training.places import PlaceLog

GROUPS = ("parameters", "first_moment", "second_moment")


class Stop(Exception):
    pass


@pytest.mark.usefixtures("ops")  # on both backends
@pytest.mark.parametrize(
    ("changes", "stop_after"),
    [*(({}, n) for n in (1, 4, 5, 7, 15)), *((c, 7) for c in EVERY_OPTION), (EVERY_OPTION[0], 4)],
)  # 5 batches an epoch
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(
    tmp_path, monkeypatch, changes, stop_after
):
    goes_on_to_the_same_bits(
        tmp_path, monkeypatch, recipe(model=replace(SMALL, depth=2, **changes)), stop_after
    )


@pytest.mark.usefixtures("ops")
@pytest.mark.parametrize("changes", [*EVERY_RECIPE, *EVERY_CHANGE])
@pytest.mark.parametrize("stop_after", [4, 7])
def test_so_does_one_of_any_recipe(tmp_path, monkeypatch, changes, stop_after):
    config = recipe(model=replace(SMALL, depth=2, dropout=0.1), **changes)
    goes_on_to_the_same_bits(tmp_path, monkeypatch, config, stop_after)


def goes_on_to_the_same_bits(tmp_path, monkeypatch, config, stop_after):
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
    data = run_data("digits", config)
    whole, done = train(config, data), []

    def on_step(training, loss):
        done.append(loss)
        if len(done) == stop_after:
            save_run(training, tmp_path)
            raise Stop

    with pytest.raises(Stop):
        train(config, data, on_step=on_step)
    again = load_run(tmp_path)
    assert again.steps_done == stop_after
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)
    assert again.state.history == whole.state.history
    assert again.places.table(3) == whole.places.table(3)
    assert again.optimiser.steps == 3 * again.steps_per_epoch
    assert whole.kept.keys() == again.kept.keys()
    for group, arrays in whole.kept.items():
        assert np.array_equal(again.kept[group].flat, arrays.flat), group


@pytest.mark.parametrize("most_kept", [0, picture_source.MOST_KEPT])
@pytest.mark.parametrize("stop_after", [1, 3, 6])
def test_a_run_on_picture_files_goes_on_to_the_same_bits(
    tmp_path, monkeypatch, stop_after, most_kept
):
    """Whether what was decoded is kept or not, and without being told where the files are."""
    monkeypatch.setattr(picture_source, "MOST_KEPT", most_kept)
    write_pictures(tmp_path / "pets", each=16)
    model = replace(SMALL, image=(16, 16), channels=3, patch=(4, 4), classes=3)
    config = recipe(model=model, batch=10, epochs=2)  # 4 batches an epoch
    data = load_dataset(tmp_path / "pets", image=16)
    whole, done = train(config, data), []

    def on_step(training, loss):
        done.append(loss)
        if len(done) == stop_after:
            save_run(training, tmp_path / "run")
            raise Stop

    (tmp_path / "run").mkdir()
    with pytest.raises(Stop):
        train(config, load_dataset(tmp_path / "pets", image=16), on_step=on_step)
    again = load_run(tmp_path / "run")
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)
    assert again.state.history == whole.state.history


def test_tables_read_back_exactly(tmp_path):
    training = train(recipe(), small_data())
    save_run(training, tmp_path)
    with (tmp_path / "history.csv").open() as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    assert rows == training.state.history
    with (tmp_path / "timing.csv").open() as file:
        assert list(csv.DictReader(file))[2]["epoch"] == "3"
    with (tmp_path / "places.csv").open() as file:
        rows = [{k: v if k == "place" else float(v) for k, v in row.items()}
                for row in csv.DictReader(file)]  # fmt: skip
    assert rows == training.places.table(3)


def test_a_run_of_an_earlier_version_goes_on_with_empty_cells_for_what_it_did_not_note(tmp_path):
    training, columns = Training(recipe(), small_data()), ("learning_rate", "gradient_norm")
    for batch in training.epoch():
        training.train_batch(batch)
    training.finish_epoch()
    training.state.history = [
        {name: value for name, value in row.items() if name not in columns}
        for row in training.state.history
    ]
    training.places = PlaceLog(training.model.layout)
    save_run(training, tmp_path)
    again = load_run(tmp_path, small_data())
    save_run(train(again.config, again.data, training=again), tmp_path)
    with (tmp_path / "history.csv").open() as file:
        first, *others = csv.DictReader(file)
    assert [first[name] for name in columns] == ["", ""]
    assert all(float(row[name]) > 0 for row in others for name in columns)
    with (tmp_path / "places.csv").open() as file:
        assert {row["epoch"] for row in csv.DictReader(file)} == {"2", "3"}


def test_a_bare_model_is_no_run(tmp_path):
    save(Training(recipe(), small_data()).model, tmp_path / "checkpoint.safetensors")
    with pytest.raises(InputError, match="no run that could go on"):
        load_run(tmp_path)


@pytest.mark.parametrize("damage", [{}, {"recipe": {"epochs": "x"}}, {"state": {"epoch": "x"}}])
def test_a_damaged_run_is_refused(tmp_path, monkeypatch, damage):
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
    training = Training(recipe(), small_data())
    save_run(training, tmp_path)
    saved = read_header(tmp_path)["training"]
    rewrite(
        tmp_path / "checkpoint.safetensors",
        training=saved | damage if damage else {"recipe": {}},
    )
    with pytest.raises(InputError, match=r"damaged header|expected a whole number"):
        load_run(tmp_path)


def test_a_run_that_an_earlier_version_saved_within_an_epoch_is_refused(tmp_path, monkeypatch):
    """Its shifts came from a generator whose state was saved; now a step draws its own."""
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
    save_run(Training(recipe(), small_data()), tmp_path)
    saved = read_header(tmp_path)["training"]
    for state, refused in (({"bit_generator": "PCG64"}, True), (None, False)):
        state = saved["state"] | {"step": 2, "random_state": state}
        rewrite(tmp_path / "checkpoint.safetensors", training=saved | {"state": state})
        if refused:
            with pytest.raises(InputError, match="within an epoch by an earlier minivit"):
                load_run(tmp_path)
        else:
            assert load_run(tmp_path).state.step == 2


def test_a_run_on_own_data_goes_on_when_they_are_handed_in(tmp_path):
    data = small_data()._replace(name="mine", preprocessing={"dataset": "mine", "low": -1.0})
    whole = train(recipe(), data)

    def stop(training, row):
        save_run(training, tmp_path)
        raise Stop

    with pytest.raises(Stop):
        train(recipe(), data, on_epoch=stop)
    with pytest.raises(InputError, match=r"data of your own, 'mine': hand them in"):
        load_run(tmp_path)
    again = load_run(tmp_path, data)
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)
    tested = evaluate(load(tmp_path), *data.test)
    assert tested.predictions.shape == (20,)


@pytest.mark.parametrize("change", ["fewer", "order", "label"])
def test_other_data_than_it_began_with_are_refused(tmp_path, monkeypatch, change):
    save_run(Training(recipe(), small_data()), tmp_path)
    images, labels = small_data().train
    other = {
        "fewer": (images[:-1], labels[:-1]),
        "order": (images[::-1], labels[::-1]),
        "label": (images, np.where(np.arange(len(labels)) == 3, 9 - labels, labels)),
    }[change]
    with pytest.raises(InputError, match=r"was trained on other images or labels"):
        load_run(tmp_path, small_data()._replace(train=Split(*other)))


def test_held_out_images_are_not_called_test_images(tmp_path, monkeypatch):
    monkeypatch.setattr("minivit.training.run.run_data", lambda name, config: small_data())
    training = train(recipe(hold_out=0.2, epochs=1), small_data())
    assert list(training.state.history[0])[3:5] == ["held_out_loss", "held_out_accuracy"]
    save_run(training, tmp_path)
    columns = (tmp_path / "history.csv").read_text().splitlines()[0]
    assert columns.startswith("epoch,train_loss,train_accuracy,held_out_loss,held_out_accuracy,")
    (row,) = training.state.history  # as former versions wrote it
    training.state.history = [{k.replace("held_out", "test"): v for k, v in row.items()}]
    save_run(training, tmp_path)
    assert load_run(tmp_path).state.history == [row]


def test_a_checkpoint_holds_what_the_optimiser_remembers_of_what_learns(tmp_path):
    config = recipe(optimiser="muon", freeze="embed", average=0.9, epochs=1)
    training = train(config, small_data())
    save_run(training, tmp_path)
    groups = ("parameters", "first_moment", "second_moment", "velocity", "average")
    _, found = read_checkpoint(tmp_path, groups)
    every = set(training.model.parameters)
    learns = {name for name in every if not name.startswith("embed.")}
    matrices = {f"blocks.0.{name}" for name in
                ("attention.w_qkv", "attention.w_out", "mlp.w1", "mlp.w2")}  # fmt: skip
    assert [set(found[group]) for group in groups] == [
        every, learns - matrices, learns - matrices, matrices, learns,
    ]  # fmt: skip


def test_a_run_without_its_moments_can_not_go_on(tmp_path):
    """As after an edit of the recipe in its header."""
    training = train(recipe(epochs=1), small_data())
    save_run(training, tmp_path)
    saved = read_header(tmp_path)["training"]
    saved["recipe"]["optimiser"] = "sgd"
    rewrite(tmp_path / "checkpoint.safetensors", training=saved)
    with pytest.raises(InputError, match=r"of another architecture: '.*' is missing"):
        load_run(tmp_path, small_data())


def test_a_run_of_an_earlier_version_goes_on(tmp_path):
    """Its recipe says nothing of the optimiser, the schedule and the like."""
    whole = train(recipe(), small_data())
    training = Training(recipe(), small_data())
    for batch in training.epoch():
        training.train_batch(batch)
    training.finish_epoch()
    save_run(training, tmp_path)
    saved = read_header(tmp_path)["training"]
    for name in ("optimiser", "schedule", "beta1", "beta2", "momentum", "nesterov", "accumulate",
                 "average", "freeze"):  # fmt: skip
        del saved["recipe"][name]
    rewrite(tmp_path / "checkpoint.safetensors", training=saved)
    again = load_run(tmp_path, small_data())
    train(again.config, again.data, training=again)
    assert np.array_equal(again.model.parameters.flat, whole.model.parameters.flat)


def test_averaged_weights_are_loaded_when_asked(tmp_path):
    training = train(recipe(average=0.9, freeze="blocks", epochs=2), small_data())
    save_run(training, tmp_path)
    row, data = training.state.history[-1], small_data()
    assert evaluate(load(tmp_path), *data.test).loss == row["test_loss"]
    averaged = load(tmp_path, averaged=True)
    assert evaluate(averaged, *data.test).loss == row["averaged_test_loss"]
    assert np.array_equal(
        averaged.parameters.flat, training.averaged_model().parameters.flat
    ) and np.array_equal(averaged.parameters["blocks.0.mlp.w1"],
                         training.model.parameters["blocks.0.mlp.w1"])  # fmt: skip
    save_run(Training(recipe(average=0.9), small_data()), tmp_path)  # before the first step
    begun = load(tmp_path, averaged=True)
    assert np.array_equal(begun.parameters.flat, load(tmp_path).parameters.flat)
    save_run(Training(recipe(), small_data()), tmp_path)
    with pytest.raises(InputError, match=r"holds no averaged weights: a run keeps them when"):
        load(tmp_path, averaged=True)


def test_a_run_without_epochs_has_no_tables_and_removes_those_of_an_earlier_one(tmp_path):
    save_run(train(recipe(epochs=1), small_data()), tmp_path)
    save_run(Training(recipe(), small_data()), tmp_path)
    names = {entry.name for entry in tmp_path.iterdir()}
    assert names == {"checkpoint.safetensors", "recipe.toml"}


def test_two_processes_may_save_into_one_folder(tmp_path):
    """And the last one counts. (`minivit train` keeps others out of its folder.)"""
    code = (
        "from small_training import recipe, small_data\n"
        "from minivit.training import Training, save_run\n"
        "training = Training(recipe(), small_data())\n"
        f"for _ in range(30): save_run(training, __import__('pathlib').Path({str(tmp_path)!r}))"
    )
    path = os.pathsep.join([str(Path(__file__).parents[1]), *sys.path])
    environment = {**os.environ, "PYTHONPATH": path}
    command = [sys.executable, "-c", code]
    processes = [subprocess.Popen(command, env=environment) for _ in range(2)]
    assert [process.wait() for process in processes] == [0, 0]
    read_checkpoint(tmp_path, GROUPS)
    names = {entry.name for entry in tmp_path.iterdir()}
    assert names == {"checkpoint.safetensors", "recipe.toml"}

import csv

import numpy as np
import pytest
from headers import rewrite
from small_training import recipe, small_data

from minivit import InputError, save, train
from minivit.checkpoints import read_header
from minivit.training import Training, load_run, new_folder, save_run


class Stop(Exception):
    pass


@pytest.mark.parametrize("stop_after", [1, 4, 5, 7, 15])  # 5 batches an epoch
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path, monkeypatch, stop_after):
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
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

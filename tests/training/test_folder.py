import os

import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError
from minivit.training import (
    Training,
    check_vacant,
    held,
    load_run,
    new_folder,
    others,
    remove_pictures,
    save_run,
)  # fmt: skip


@pytest.fixture
def run_folder(tmp_path):
    """A run of one epoch, with pictures."""
    folder = tmp_path / "run"
    folder.mkdir()
    training = Training(recipe(epochs=1), small_data())
    training.train_batch(training.epoch()[0])
    training.finish_epoch()
    save_run(training, folder)
    (folder / "curve.png").write_bytes(b"png")
    return folder


def test_the_first_free_number(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert [str(new_folder("digits", None)) for _ in range(2)] == ["runs/digits-1", "runs/digits-2"]
    assert new_folder("digits", tmp_path / "mine") == tmp_path / "mine"
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="is a file"):
        new_folder("digits", tmp_path / "thesis.txt")


def test_a_run_is_overwritten_only_when_asked(run_folder):
    with pytest.raises(InputError, match=r"exists and is not empty: .*--resume .*--force"):
        check_vacant(run_folder)
    check_vacant(run_folder, force=True)
    assert len(list(run_folder.iterdir())) == 5  # nothing is removed before the new run is saved


@pytest.mark.parametrize("force", [True, False])
def test_files_that_are_no_run_are_never_overwritten(tmp_path, force):
    check_vacant(tmp_path, force=force)  # it is empty
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match=r"holds no run .* choose another --out"):
        check_vacant(tmp_path, force=force)
    (tmp_path / "checkpoint.safetensors").write_bytes(b"of another program")
    with pytest.raises(InputError, match=r"not a safetensors file|--force"):
        check_vacant(tmp_path, force=force)


def test_a_folder_with_the_name_of_a_table_is_seen_before_anything_is_written(run_folder):
    (run_folder / "timing.csv").unlink()
    (run_folder / "timing.csv").mkdir()
    with pytest.raises(InputError, match=r"timing\.csv is a folder"):
        check_vacant(run_folder, force=True)


def test_only_what_a_run_has_written_goes(run_folder, tmp_path):
    mine = tmp_path / "elsewhere"
    mine.mkdir()
    (mine / "precious.txt").write_text("x")
    (run_folder / "notes.md").write_text("x")
    (run_folder / "my_pictures").mkdir()
    (run_folder / "link").symlink_to(mine)
    save_run(Training(recipe(), small_data()), run_folder)
    remove_pictures(run_folder)
    kept = ["link/", "my_pictures/", "notes.md"]
    assert others(run_folder) == kept
    names = {entry.name for entry in run_folder.iterdir()}
    assert names == {"checkpoint.safetensors", "recipe.toml", "link", "my_pictures", "notes.md"}
    assert (mine / "precious.txt").exists()


def test_a_disk_that_is_full_at_the_first_save_loses_nothing(run_folder, monkeypatch):
    before = {entry.name: entry.read_bytes() for entry in run_folder.iterdir()}

    def full(self, data):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        save_run(Training(recipe(seed=5), small_data()), run_folder)
    assert {entry.name: entry.read_bytes() for entry in run_folder.iterdir()} == before


@pytest.mark.skipif(os.name != "posix", reason="locks of files")
def test_one_training_at_a_time(run_folder):
    (run_folder / ".history.csv.12345678.partial").write_text("of a killed run")
    with held(run_folder):
        assert others(run_folder) == []
        with pytest.raises(InputError, match="is in use: another training"), held(run_folder):
            pass
    with held(run_folder):
        pass


def test_blocking_errors_of_the_training_itself_are_not_taken_for_a_held_folder(run_folder):
    with pytest.raises(BlockingIOError, match="mine"), held(run_folder):
        raise BlockingIOError("mine")


def test_what_was_saved_over_an_old_run_can_be_loaded(run_folder, monkeypatch):
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
    fresh = Training(recipe(seed=5), small_data())
    save_run(fresh, run_folder)
    again = load_run(run_folder)
    assert again.state.history == []
    assert np.array_equal(again.model.parameters.flat, fresh.model.parameters.flat)

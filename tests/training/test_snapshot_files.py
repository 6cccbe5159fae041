import numpy as np
import pytest
from small_training import recipe, small_data

from minivit import InputError, ViT, train
from minivit.training import (
    Diverged,
    Training,
    check_vacant,
    held,
    keep_snapshot,
    load_run,
    others,
    remove_snapshots,
    save_run,
    snapshots,
)
from minivit.training.snapshot_files import is_due, snapshot_paths


class Stop(Exception):
    pass


def run(folder, training, stop_after=None):
    """As `minivit train` does it."""

    def on_step(training, loss):
        keep_snapshot(training, folder)
        if training.steps_done == stop_after:
            raise Stop

    keep_snapshot(training, folder)
    return train(training.config, training.data, training=training, on_step=on_step,
                 on_epoch=lambda training, row: save_run(training, folder))  # fmt: skip


@pytest.mark.parametrize("steps", [1, 2, 7, 15, 1000, 5640])
@pytest.mark.parametrize("count", [2, 3, 5, 8, 60, 2000])
def test_they_are_spread_evenly_from_the_start_to_the_end(count, steps):
    due = [step for step in range(steps + 1) if is_due(step, count, steps)]
    assert due[0] == 0 and due[-1] == steps
    assert len(due) == min(count, steps + 1)
    gaps = np.diff(due)
    assert gaps.max() - gaps.min() <= 1


@pytest.mark.parametrize(("count", "due"), [(0, []), (1, [0])])
def test_none_and_one(count, due):
    assert [step for step in range(10) if is_due(step, count, 9)] == due
    assert is_due(0, count, 0) == bool(count)


def test_the_first_is_the_beginning_and_the_last_what_was_learnt(tmp_path):
    config = recipe(snapshots=4)
    training = run(tmp_path, Training(config, small_data()))
    found = list(snapshots(tmp_path))
    assert [step for step, _ in found] == [0, 5, 10, 15]
    first = ViT(config.model, 0, beginning=config.beginning, position_std=config.position_std)
    assert np.array_equal(found[0][1].parameters.flat, first.parameters.flat)
    assert np.array_equal(found[-1][1].parameters.flat, training.model.parameters.flat)
    assert found[1][1].class_names == training.model.class_names
    assert found[1][1].dtype == np.float32
    small = (tmp_path / "snapshots" / "step-000005.safetensors").stat().st_size
    assert small < (tmp_path / "checkpoint.safetensors").stat().st_size / 2.5


@pytest.mark.parametrize("stop_after", [1, 5, 8, 12])
def test_a_run_that_goes_on_neither_loses_nor_doubles_them(tmp_path, stop_after):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    for folder in (whole, killed):
        folder.mkdir()
    config = recipe(snapshots=6)
    run(whole, Training(config, small_data()))
    save_run(Training(config, small_data()), killed)
    with pytest.raises(Stop):
        run(killed, Training(config, small_data()), stop_after)
    again = load_run(killed, small_data())
    remove_snapshots(killed, after=again.steps_done)
    run(killed, again)
    names = [[path.name for path in snapshot_paths(folder).values()] for folder in (whole, killed)]
    assert names[0] == names[1] and len(names[0]) == 6
    for one, two in zip(*(snapshot_paths(f).values() for f in (whole, killed)), strict=True):
        assert one.read_bytes() == two.read_bytes()


def test_only_ours_are_removed_and_the_rest_is_named(tmp_path):
    run(tmp_path, Training(recipe(snapshots=3), small_data()))
    mine = ["notes.md", "step-7.safetensors", "step-0000007.safetensors", "step-000007.png"]
    for name in mine:
        (tmp_path / "snapshots" / name).write_text("mine")
    (tmp_path / "snapshots" / "step-000009.safetensors").mkdir()
    kept = sorted(f"snapshots/{name}" for name in [*mine, "step-000009.safetensors/"])
    assert others(tmp_path) == kept
    check_vacant(tmp_path, force=True)
    remove_snapshots(tmp_path)
    assert others(tmp_path) == kept and not snapshot_paths(tmp_path)
    (tmp_path / "snapshots" / ".step-000007.safetensors.12345678.partial").write_text("killed")
    with held(tmp_path):
        assert others(tmp_path) == kept


def test_without_foreign_files_the_folder_goes_too(tmp_path):
    run(tmp_path, Training(recipe(snapshots=3, epochs=1), small_data()))
    remove_snapshots(tmp_path, after=0)
    assert list(snapshot_paths(tmp_path)) == [0]
    remove_snapshots(tmp_path)
    assert not (tmp_path / "snapshots").exists()
    remove_snapshots(tmp_path)


@pytest.mark.parametrize("kind", ["file", "link"])
def test_what_stands_in_the_place_of_the_folder_is_seen_before_a_run_is_overwritten(tmp_path, kind):
    folder, elsewhere = tmp_path / "run", tmp_path / "elsewhere"
    folder.mkdir()
    elsewhere.mkdir()
    save_run(Training(recipe(), small_data()), folder)
    if kind == "file":
        (folder / "snapshots").write_text("mine")
    else:
        (folder / "snapshots").symlink_to(elsewhere)
    with pytest.raises(InputError, match=r"snapshots is a file or a link"):
        check_vacant(folder, force=True)


def test_snapshots_without_a_run_are_not_taken_for_an_empty_folder(tmp_path):
    run(tmp_path, Training(recipe(snapshots=2, epochs=1), small_data()))
    (tmp_path / "checkpoint.safetensors").unlink()
    with pytest.raises(InputError, match="holds no run"):
        check_vacant(tmp_path)


def test_a_run_without_any_says_how_to_get_some(tmp_path):
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match=r"has no snapshots: train with .*--snapshots 20"):
            snapshots(folder)


def test_no_snapshot_holds_infinity(tmp_path):
    training = Training(recipe(snapshots=2), small_data())
    training.model.parameters["head.b"] = np.inf
    with pytest.raises(Diverged):
        keep_snapshot(training, tmp_path)
    assert not list(tmp_path.iterdir())

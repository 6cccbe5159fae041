import numpy as np
import pytest
from headers import rewrite
from small_training import recipe, small_data

from minivit import InputError, save, train, variant
from minivit.training import Training, read_log, save_run, told_apart


def run(folder, **changes):
    folder.mkdir(parents=True)
    training = train(recipe(epochs=1, **changes), small_data())
    save_run(training, folder)
    return training


def test_a_log_has_all_that_the_run_wrote_down(tmp_path):
    training = run(tmp_path / "one", learning_rate=0.01)
    for given in (tmp_path / "one", str(tmp_path / "one" / "checkpoint.safetensors")):
        log = read_log(given)
        assert log.path == tmp_path / "one" and log.dataset == "digits"
        assert log.config == training.config and log.measured_on == "test"
        assert log.history == training.state.history
        assert list(log.places) == list(training.places.rows)
        assert np.array_equal(log.places["head"], training.places.rows["head"])


def test_a_held_out_run_of_an_earlier_version(tmp_path):
    training = run(tmp_path / "one")
    header = training.config.to_dict() | {"hold_out": 0.2}
    for name in ("flip", "mixup", "snapshots"):  # it knew nothing of these
        del header[name]
    saved = {"recipe": header, "state": {"history": training.state.history}}
    rewrite(tmp_path / "one" / "checkpoint.safetensors", training=saved)
    log = read_log(tmp_path / "one")
    assert log.measured_on == "held_out" and log.dataset == "?"
    assert log.history[0]["held_out_loss"] == training.state.history[0]["test_loss"]


def test_what_is_no_run_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="does not exist"):
        read_log(tmp_path / "nowhere")
    with pytest.raises(FileNotFoundError, match=r"has no checkpoint\.safetensors"):
        read_log(tmp_path)
    training = Training(recipe(), small_data())
    save(training.model, tmp_path / "m.safetensors")
    with pytest.raises(InputError, match="holds a model, but no run"):
        read_log(tmp_path / "m.safetensors")
    save_run(training, tmp_path)
    with pytest.raises(InputError, match="has no finished epoch yet"):
        read_log(tmp_path)
    rewrite(tmp_path / "checkpoint.safetensors", training={"recipe": {"wings": 2}})
    with pytest.raises(InputError, match="newer minivit: a recipe has no entry wings"):
        read_log(tmp_path)
    rewrite(tmp_path / "checkpoint.safetensors", training={"recipe": {"model": 2}})
    with pytest.raises(InputError, match="damaged header"):
        read_log(tmp_path)


def test_runs_are_told_apart_by_what_differs(tmp_path):
    wide = variant("digits", width=24, depth=1, heads=2, mlp=16)
    run(tmp_path / "a", learning_rate=0.01)
    run(tmp_path / "b", model=wide, flip="random")
    run(tmp_path / "c" / "a", learning_rate=0.01)
    one, two, three = (read_log(tmp_path / name) for name in ("a", "b", "c/a"))
    assert told_apart([one]) == ["a"]
    assert told_apart([one, two]) == [
        "a: learning rate 0.01, flip none, width 16",
        "b: learning rate 0.002, flip random, width 24",
    ]
    names = [f"{tmp_path.name}/a", "c/a"]
    assert told_apart([one, three]) == names
    assert told_apart([one, one]) == ["a", "a"]

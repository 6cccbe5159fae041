"""What is finished is kept, and a run goes on from there."""

import json
import os
from collections import Counter

import pytest
from tiny_scale import TINY

from minivit import InputError, backend
from minivit.data import hold_out
from minivit.experiments import EXPERIMENTS, plan, run, running
from minivit.experiments.cell import Cell, Images, loaded, with_beginnings
from minivit.experiments.experiment import Experiment, Point
from minivit.experiments.kept import here, is_done, learnt
from minivit.experiments.verdict import Finding
from minivit.experiments.work import done, environment
from minivit.training import evaluate

DIGITS = Images("digits", train=40, test=20)
SMALL = {"width": 16, "depth": 1, "heads": 2, "mlp": 16}


def cell(seed, **training):
    return Cell(DIGITS, "digits", seed, SMALL, {"epochs": 1, **training})


def experiment(points):
    """One of these points, which are measured by the accuracy of their first cell."""
    return Experiment(
        "made", "Made", "Nothing.", 1, points=lambda scale: points,
        measure=lambda point, trained: [{"accuracy": trained[0].accuracy}],
        findings=lambda rows: [Finding(None, "nothing")], draw=lambda figure, rows: None,
        inches=(4, 3), why={},
    )  # fmt: skip


@pytest.fixture(autouse=True)
def numpy_ops():
    with backend.use("numpy"):
        yield


@pytest.fixture
def three():
    return experiment([Point({"seed": seed}, (cell(seed),)) for seed in range(3)])


def files(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_times_of_another_machine_are_measured_anew(three, tmp_path):
    """Nothing else is: accuracies and models are the same everywhere, but for rounding."""
    timed = three._replace(alone=True)
    run(timed, tmp_path, scale=TINY)
    assert plan(timed, tmp_path, TINY).missing == 0
    for path in (tmp_path / "points").glob("*.json"):
        values = json.loads(path.read_text()) | {"machine": "another one"}
        path.write_text(json.dumps(values))
    assert plan(three, tmp_path, TINY).missing == 0
    assert plan(timed, tmp_path, TINY).missing == 3
    assert run(timed, tmp_path, scale=TINY).machines == [here()]


def test_a_stop_loses_the_piece_in_work_alone(three, tmp_path, monkeypatch):
    whole = run(three, tmp_path / "whole", scale=TINY).rows
    trained, train = Counter(), running.learn

    def count(folder, one):
        if sum(trained.values()) == 2:
            raise KeyboardInterrupt
        trained[one.key] += 1
        train(folder, one)

    monkeypatch.setattr(running, "learn", count)
    with pytest.raises(KeyboardInterrupt):
        run(three, tmp_path / "out", scale=TINY)
    before = files(tmp_path / "out")
    assert plan(three, tmp_path / "out", TINY).missing == 1 + 3  # a training, all measurements
    trained["stopped"] -= 2
    assert run(three, tmp_path / "out", scale=TINY).rows == whole
    del trained["stopped"]
    assert len(trained) == 3 and set(trained.values()) == {1}
    assert files(tmp_path / "out").items() >= before.items()
    pieces = []
    run(three, tmp_path / "out", scale=TINY, on_piece=lambda: pieces.append(1))
    assert not pieces


def test_a_half_written_cell_is_not_done(tmp_path, monkeypatch):
    """Its record comes last: a model alone is trained again."""
    one = experiment([Point({"seed": 0}, (cell(0),))])
    run(one, tmp_path, scale=TINY)
    (record,) = (tmp_path / "models").glob("*.json")
    record.unlink()
    for point in (tmp_path / "points").iterdir():
        point.unlink()
    assert plan(one, tmp_path, TINY).missing == 2
    (tmp_path / "models" / ".x.json.0123.partial").write_text("half")
    run(one, tmp_path, scale=TINY)
    assert record.exists() and not list(tmp_path.rglob("*.partial"))


def test_fine_tuning_waits_for_what_it_begins_with(tmp_path):
    first = cell(0)
    tuned = [Cell(DIGITS._replace(side=side), "finetune", 0, {}, {"epochs": 1}, first)
             for side in (8, 12)]  # fmt: skip
    assert with_beginnings(tuned) == [first, *tuned]
    one = experiment([Point({"side": i, "seed": 0}, (c,)) for i, c in enumerate(tuned)])
    assert [len(stage) for stage in plan(one, tmp_path, TINY).stages] == [1, 2, 2]
    run(one, tmp_path, scale=TINY)
    assert is_done(tmp_path, first) and learnt(tmp_path, tuned[1]).model.config.image == (12, 12)
    assert learnt(tmp_path, tuned[1]).data.train.images.shape == (40, 12, 12, 1)


@pytest.mark.parametrize(
    "other",
    [
        cell(1),
        cell(0, learning_rate=1e-3),
        Cell(DIGITS, "digits", 0, SMALL | {"mlp": 17}, {"epochs": 1}),
        Cell(DIGITS._replace(train=30), "digits", 0, SMALL, {"epochs": 1}),
        Cell(DIGITS, "pictures", 0, SMALL, {"epochs": 1}),
        Cell(DIGITS, "digits", 0, SMALL, {"epochs": 1}, begins=cell(0)),
        Cell(DIGITS, "digits", 0, SMALL, {"epochs": 1}, best=True),
    ],
)
def test_whatever_is_told_otherwise_has_other_files(other):
    assert other.key != cell(0).key == cell(0).key


def test_the_model_of_the_best_epoch_is_kept_where_it_is_asked_for(tmp_path):
    """At so high a rate the last epoch is not the best one."""
    told = {"epochs": 5, "hold_out": 0.5, "learning_rate": 0.1, "schedule": "constant"}
    cells = [Cell(DIGITS, "digits", 0, SMALL, told, best=best) for best in (True, False)]
    points = [Point({"best": one.best, "seed": 0}, (one,)) for one in cells]
    measured = experiment(points)._replace(measure=lambda point, trained: [{"seen": 1}])
    run(measured, tmp_path, scale=TINY)
    best, last = (learnt(tmp_path, one) for one in cells)
    assert best.history == last.history
    held = hold_out(best.data, 0.5).test
    reached = [row["held_out_accuracy"] for row in best.history]
    assert evaluate(best.model, *held).accuracy == max(reached) > reached[-1]
    assert evaluate(last.model, *held).accuracy == reached[-1]


def test_what_a_recipe_says_already_makes_no_other_cell():
    assert cell(0, batch=32, smoothing=0.1).key == cell(0).key


def test_images_are_the_same_number_of_each_class():
    data = loaded(DIGITS)
    assert list(Counter(data.train.labels.tolist()).values()) == [4] * 10
    assert len(data.test.labels) == 20
    assert len(loaded(Images("digits")).train.labels) == 1437


def test_workers_find_the_same(tmp_path):
    """In processes of their own; the ops and one thread each give the same bits."""
    few = TINY._replace(seeds=(0,))
    rows = [run(EXPERIMENTS["pooling"], tmp_path / str(jobs), scale=few, jobs=jobs).rows
            for jobs in (1, 2)]  # fmt: skip
    assert rows[0] == rows[1]
    names = [{path.name for path in (tmp_path / jobs).rglob("*.*")} for jobs in "12"]
    assert names[0] == names[1] and len(names[0]) == 3 * 10


def test_a_worker_that_is_killed_is_a_sentence():
    with pytest.raises(InputError, match="a worker process was killed, maybe because memory"):
        list(done([(os._exit, (1,))] * 2, jobs=2))


def test_the_environment_is_as_it_was(monkeypatch):
    monkeypatch.setenv("MINIVIT_A", "1")
    monkeypatch.delenv("MINIVIT_B", raising=False)
    with environment({"MINIVIT_A": "2", "MINIVIT_B": "3"}):
        assert (os.environ["MINIVIT_A"], os.environ["MINIVIT_B"]) == ("2", "3")
    assert os.environ["MINIVIT_A"] == "1" and "MINIVIT_B" not in os.environ


def test_a_folder_that_is_in_use_or_a_file_is_refused(three, tmp_path):
    with running.held(tmp_path), pytest.raises(InputError, match="in use: another experiment"):
        run(three, tmp_path, scale=TINY)
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="is a file: choose another folder"):
        run(three, tmp_path / "file", scale=TINY)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no result of an experiment: it is damaged"),
        ("[" * 100_000, "is no result of an experiment"),
        ("[1]", "is no result of an experiment"),
        ('{"form": 2, "minivit": "9.9", "rows": []}', "written by minivit 9.9 in another form"),
        ('{"form": 1, "minivit": "0.1", "rows": []}', "is no result of an experiment"),
    ],
)
def test_damaged_results_are_refused_and_stay(three, tmp_path, content, sentence):
    run(three, tmp_path, scale=TINY)
    path = next((tmp_path / "points").iterdir())
    path.write_text(content)
    with pytest.raises(InputError, match=sentence):
        run(three, tmp_path, scale=TINY)
    assert path.read_text() == content


def test_results_of_another_version_are_kept_and_said(three, tmp_path):
    run(three, tmp_path, scale=TINY)
    path = next((tmp_path / "models").glob("*.json"))
    path.write_text(json.dumps(json.loads(path.read_text()) | {"minivit": "0.0.9"}))
    assert run(three, tmp_path, scale=TINY).versions[0] == "0.0.9"


def test_a_training_that_diverges_is_told_with_its_cell(tmp_path):
    one = experiment([Point({"seed": 0}, (cell(0, learning_rate=1e30, clip=1e30),))])
    with pytest.raises(InputError, match=r"diverged.*It was a cell of .*'seed': 0"):
        run(one, tmp_path, scale=TINY)

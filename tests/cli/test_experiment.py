"""`minivit experiment`, as it is typed."""

import pytest
from tiny_scale import TINY

from minivit import experiments
from minivit.cli.main import main
from minivit.experiments import work

pytestmark = pytest.mark.usefixtures("on_numpy")


@pytest.fixture(autouse=True)
def tiny(monkeypatch):
    monkeypatch.setattr(experiments, "QUICK", TINY._replace(name="quick"))
    monkeypatch.delenv("MINIVIT_DATA", raising=False)


def test_the_list_tells_each_ones_time(capsys):
    assert main(["experiment", "--list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    told = lines[1 : 1 + len(experiments.EXPERIMENTS)]
    assert [line.split()[0] for line in told] == list(experiments.EXPERIMENTS)
    assert all(" min " in line for line in told) and "all together" in lines[-1]


def test_a_quick_one_leaves_a_table_and_a_figure(tmp_path, capsys):
    assert main(["experiment", "pooling", "--quick", "--out", "o"]) == 0
    out = capsys.readouterr().out
    assert "pooling: 40 trainings and measurements to do (the quick version, which" in out
    assert "In the quick version. " in out and "pooling-quick.csv" in out
    first = (tmp_path / "o" / "pooling-quick.csv").read_text().splitlines()
    assert first[0] == "# minivit experiment pooling --quick" and len(first) == 4 + 20
    assert (tmp_path / "o" / "pooling-quick.png").exists()
    assert main(["experiment", "pooling", "--quick", "--out", "o"]) == 0
    assert "pooling: 0 trainings and measurements to do, 40 are kept" in capsys.readouterr().out
    assert (tmp_path / "o" / "pooling-quick.csv").read_text().splitlines() == first


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "give names of experiments, --list or --claims"),
        (["pooling", "--list"], "give names of experiments, --list or --claims"),
        (["poling"], "there is no experiment 'poling'; the nearest is pooling"),
        (["pooling", "--jobs", "0"], "'0': expected a whole number from 1"),
        (["pooling", "--quik"], "no option --quik; the nearest is --quick"),
        (["pooling", "--out", ""], "is no name of a folder"),
        (["shift", "--quick"], "shift needs mnist, which is not on this machine: set MINIVIT_DATA"),
        (["pooling", "--jobs", "99999"], "--jobs is '99999': expected a whole number from 1 to"),
    ],
)
def test_bad_input_is_a_sentence(arguments, sentence, capsys, nowhere):
    try:
        assert main(["experiment", *arguments]) == 2
    except SystemExit as stopped:
        assert stopped.code == 2
    error = capsys.readouterr().err
    assert sentence in error and "Traceback" not in error


@pytest.mark.parametrize("name", ["pooling-quick.csv", "pooling-quick.png"])
def test_files_of_somebody_else_stay(name, tmp_path, capsys):
    (tmp_path / name).write_text("years of work")
    assert main(["experiment", "pooling", "--quick", "--out", str(tmp_path)]) == 2
    assert f"{tmp_path / name} " in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_text() == "years of work"


def test_ctrl_c_says_what_is_kept(tmp_path, capsys, monkeypatch):
    def interrupted(*arguments, training):
        raise KeyboardInterrupt

    monkeypatch.setattr(work, "train", interrupted)
    assert main(["experiment", "pooling", "--quick", "--out", "o"]) == 130
    assert "Interrupted. What is finished is kept in o" in capsys.readouterr().out
    assert not list(tmp_path.rglob("*.partial"))


def test_another_versions_results_are_said(tmp_path, capsys):
    assert main(["experiment", "pooling", "--quick", "--out", "o"]) == 0
    path = next((tmp_path / "o" / "points").iterdir())
    path.write_text(path.read_text().replace('"minivit": "', '"minivit": "0.0.9-', 1))
    capsys.readouterr()
    assert main(["experiment", "pooling", "--quick", "--out", "o"]) == 0
    assert "some were made by minivit 0.0.9-" in capsys.readouterr().out


def test_claims_are_written_in_a_checkout(monkeypatch, tmp_path, capsys):
    (tmp_path / "docs").mkdir()
    monkeypatch.setattr("minivit.__file__", str(tmp_path / "minivit" / "__init__.py"))
    assert main(["experiment", "--claims"]) == 0
    assert "claims.md and its figures are written" in capsys.readouterr().out
    page = (tmp_path / "docs" / "claims.md").read_text()
    assert page.count("No result yet") == len(experiments.EXPERIMENTS)

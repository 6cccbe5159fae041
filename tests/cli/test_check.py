"""`minivit check`: what it prints, its exit status, and which options go together."""

import json
import subprocess
import sys

import pytest
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student.grading import gradescope
from minivit.cli import check, gradcheck
from minivit.cli.main import main
from minivit.cli.parser import build_parsers

WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")
POINTS = "[relu]\npoints = 2\n[gelu]\npoints = 3\n"


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "right.py").write_text(RELU)
    (tmp_path / "wrong.py").write_text(RELU + WRONG)
    (tmp_path / "points.toml").write_text(POINTS)
    return tmp_path


def test_right_and_wrong(here, capsys):
    assert main(["check", "right.py"]) == 0
    assert capsys.readouterr().out.endswith("The op is right.\n")
    assert main(["check", "wrong.py", "--only", "layernorm"]) == 1
    said = capsys.readouterr().out
    assert "wrong: layernorm-mean-correction-forgotten" in said.splitlines()[1]
    assert "Likely cause:" in said and "relu" not in said


def test_points_in_the_table_and_in_json(here, capsys):
    assert main(["check", "right.py", "--points", "points.toml"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["op", "inputs", "verdict", "points", "y", "gradients"]
    assert lines[1].split()[2:] == ["right", "2", "of", "2", "right", "dx", "right"]
    assert lines[2].split() == ["gelu", "0", "not", "in", "the", "file", "0", "of", "3", "-", "-"]
    assert lines[-1] == "2 of 5 points."
    main(["check", "right.py", "--points", "points.toml", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert told["ok"] and (told["grade"]["score"], told["grade"]["max_score"]) == (2, 5)
    main(["check", "right.py", "--json"])
    assert "grade" not in json.loads(capsys.readouterr().out)


def test_results_for_gradescope(here, capsys):
    assert main(["check", "wrong.py", "--for", "gradescope"]) == 0, "it was graded"
    assert capsys.readouterr().out.endswith("Results: results.json\n")
    names = [test["name"] for test in json.loads((here / "results.json").read_text())["tests"]]
    assert names == ["layernorm", "relu"]


def test_results_for_gradescope_and_json(here, capsys):
    """Both: what is printed is JSON alone."""
    words = ["--for", "gradescope", "--json", "--points", "points.toml"]
    assert main(["check", "right.py", *words]) == 0
    assert json.loads(capsys.readouterr().out)["grade"]["score"] == 2
    assert len(json.loads((here / "results.json").read_text())["tests"]) == 2
    _, parser = build_parsers("check")
    assert "with --json, the verdicts are printed as JSON, too" in " ".join(
        parser.format_help().split()
    )


def test_results_for_gradescope_where_nothing_was_handed_in(here, capsys, monkeypatch):
    """There have to be results, or Gradescope says that the autograder failed."""
    (here / "results").mkdir()
    (here / "submission").mkdir()
    monkeypatch.setattr(gradescope, "THERE", here / "results")
    words = ["--for", "gradescope", "--points", "points.toml"]
    for missing, why in (("student.py", "can't be read"), ("submission", "holds no .py file")):
        assert main(["check", missing, *words]) == 0
        tests = json.loads((here / "results" / "results.json").read_text())["tests"]
        assert [test["score"] for test in tests] == [0, 0]
        assert why in tests[0]["output"]


def test_an_exercise_that_was_not_handed_in_has_results_too(here, capsys):
    (here / "empty.py").write_text("x = 1\n")
    for missing, why in (("student.py", "does not exist"), ("empty.py", "does not define")):
        words = ["--exercise", "5.3", "--for", "gradescope", "--out", "r.json"]
        assert main(["check", missing, *words]) == 0
        assert why in json.loads((here / "r.json").read_text())["output"]
        assert main(["check", missing, *words[:2]]) == 2
    assert main(["check", "right.py", "--exercise", "99.9", *words[2:]]) == 2


def test_the_file_in_a_folder(here, capsys):
    folder = here / "submission"
    folder.mkdir()
    (folder / "helper.py").write_text("x = 1")
    (folder / "anything.py").write_text(RELU)
    assert main(["check", "submission"]) == 0
    assert "The op is right." in capsys.readouterr().out


def test_a_whole_class(here, capsys):
    folder = here / "class"
    (folder / "bob").mkdir(parents=True)
    (folder / "alice.py").write_text(RELU)
    (folder / "bob" / "hw.py").write_text(WRONG)
    (folder / "notes.txt").write_text("")
    (folder / "carol").mkdir()
    command = ["check", "--all", "class", "--csv", "grades.csv"]
    assert main(command) == 0
    said = capsys.readouterr()
    assert said.err == "", "no bar where there is no terminal"
    lines = said.out.splitlines()
    assert lines[0] == "3 submissions: 1 right, 1 wrong, 1 not checked. Table: grades.csv"
    assert lines[3].split() == ["layernorm", "0", "1", "0", "1", "1"]
    assert "    1  layernorm: layernorm-mean-correction-forgotten" in lines
    assert "  carol: the folder holds no .py file" in lines
    assert lines[-1] == "Left out, since their names do not end in .py: notes.txt"
    assert main(command) == 0
    assert "3 submissions: 1 right, 1 wrong, 1 not checked, 3 of them graded before." in (
        capsys.readouterr().out
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "which file? Name one, or a folder of submissions with --all"),
        ([".", "--exercise", "5.3"], ". is a folder: give the file with the answer to 5.3"),
        ([".", "--exercise", "5.3", "--for", "gradescope"], ". is a folder: give the file"),
        (["missing.py"], "missing.py: the file can't be read: No such file"),
        (
            ["right.py", "--only", "layer"],
            "'layer' is no op; the nearest is layernorm",
        ),
        (["right.py", "--seconds", "0"], "'0': expected a number above 0"),
        (["right.py", "--seconds", "soon"], "'soon': expected a number above 0"),
        (["right.py", "--points", "missing.toml"], "missing.toml"),
        (["right.py", "--points", "right.py"], "right.py is no TOML"),
        (["right.py", "--points", "points.toml", "--only", "head"], "has no points for head"),
        (["right.py", "--for", "moodle"], "expected gradescope"),
        (["right.py", "--out", "a.json"], "--out is of what --for writes"),
        (["right.py", "--for", "gradescope", "--out", "right.py"], "holds no results of a grader"),
        (["right.py", "--csv", "a.csv"], "--all and --csv go together: add --all"),
        (["--all", "."], "--all and --csv go together: add --csv"),
        (["right.py", "--all", ".", "--csv", "a.csv"], "--all names the submissions"),
        (
            ["--all", ".", "--csv", "a.csv", "--json"],
            "--json, --for and --exercise are of one file",
        ),
        (["--all", ".", "--csv", "points.toml"], "points.toml is no table of `minivit check"),
        (["--all", "right.py", "--csv", "a.csv"], "right.py is no folder"),
        (["--caches", "layer"], "'layer' is no op; the nearest is layernorm"),
        (["right.py", "--caches"], "--caches checks nothing"),
    ],
)
def test_what_can_not_be_run_is_one_sentence(here, capsys, words, sentence):
    before = {path.name: path.read_bytes() for path in here.iterdir()}
    try:
        code = main(["check", *words])
    except SystemExit as error:  # argparse's
        code = error.code
    said = capsys.readouterr()
    assert code == 2 and said.out == "" and said.err.count("\n") == 1
    assert sentence in said.err
    assert {path.name: path.read_bytes() for path in here.iterdir()} == before


def test_without_hypothesis(here):
    """In a fresh process, since others have imported it here."""
    code = (
        "import sys; sys.modules['hypothesis'] = None\n"
        "from minivit.cli.main import main; sys.exit(main(['check', 'right.py']))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (found.returncode, found.stdout) == (2, "")
    assert found.stderr == (
        "minivit: minivit check needs Hypothesis, which draws the inputs: "
        "pip install 'minivit[check]'\n"
    )


def test_caches(capsys):
    assert main(["check", "--caches", "softmax"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "softmax_backward(dprobs, cache): cache is a named tuple, minivit.ops' SoftmaxCache:",
        "  probs  np.ndarray  (..., T)",
    ]
    assert main(["check", "--caches"]) == 0
    assert capsys.readouterr().out.count("_backward(") == 30


@pytest.mark.parametrize(("verb", "other"), [("check", "gradcheck"), ("gradcheck", "check")])
def test_the_two_checks_name_each_other(verb, other):
    _, parser = build_parsers(verb)
    assert f"`minivit {other}" in parser.format_help().replace("\n", " ")


def test_helps_are_of_one_line_each():
    assert "\n" not in check.HELP + gradcheck.HELP

"""Notebooks, and the forms that nbgrader and Otter read; slow tests run them in their runners."""

import ast
import builtins
import doctest
import json
import os
import shutil
import subprocess
import sys
import types
from pathlib import Path

import pytest
from course_samples import LESSON

from minivit.cli.lessons import GRADERS as CHOICES
from minivit.cli.main import main
from minivit.course import finding, nbgrader, otter
from minivit.course.cells import read_cells
from minivit.course.exercises import Exercise, parts
from minivit.course.notebook import GRADERS
from minivit.course.running import environment

LESSONS = sorted(finding.lesson_files())
# A grader takes half a minute for each.
GRADED = LESSONS if os.environ.get("MINIVIT_HYPOTHESIS") == "nightly" else ["00", "puzzles"]


def maker(kind):
    return lambda source: {"cell_type": kind, "source": source, "metadata": {}}


V4 = types.SimpleNamespace(  # what nbformat.v4 makes, so that these tests need no nbformat
    new_markdown_cell=maker("markdown"), new_code_cell=maker("code"), new_raw_cell=maker("raw")
)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    pytest.importorskip("nbformat")
    (tmp_path / "07_sums.py").write_text(LESSON, "utf-8")
    monkeypatch.setattr(finding, "lesson_folder", lambda: tmp_path)
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_the_command_offers_every_form():
    assert set(CHOICES) == set(GRADERS)


def test_nbgraders_metadata():
    cells = nbgrader.cells(parts(read_cells(LESSON)), V4)
    graded = [cell["metadata"]["nbgrader"] for cell in cells if cell["metadata"]]
    assert [facts["grade_id"] for facts in graded] == [
        "answer-7-1", "check-7-1", "answer-7-2", "check-7-2",
    ]  # fmt: skip
    answer, check = graded[:2]
    assert (answer["solution"], answer["grade"], answer["locked"]) == (True, False, False)
    assert (check["solution"], check["grade"], check["locked"]) == (False, True, True)
    assert check["points"] == 1 and "points" not in answer
    assert all(facts["schema_version"] == 3 for facts in graded)
    assert sum("### BEGIN SOLUTION" in cell["source"] for cell in cells) == 2


def test_a_second_answer_has_an_id_of_its_own():
    twice = parts(read_cells(LESSON)) + parts(read_cells(LESSON))
    cells = nbgrader.cells(twice, V4)
    ids = [cell["metadata"]["nbgrader"]["grade_id"] for cell in cells if cell["metadata"]]
    assert len(ids) == len(set(ids)) == 8 and "check-7-1-2" in ids


def test_otters_raw_cells():
    cells = otter.cells(parts(read_cells(LESSON)), V4)
    assert [cell["source"].split("\n")[0] for cell in cells if cell["cell_type"] == "raw"] == [
        "# ASSIGNMENT CONFIG",
        *(["# BEGIN QUESTION", "# BEGIN SOLUTION", "# END SOLUTION", "# BEGIN TESTS", "# END TESTS",
           "# END QUESTION"] * 2),
    ]  # fmt: skip
    assert sum("\nname: q7_1\npoints: 1" in cell["source"] for cell in cells) == 1


def test_otters_markers_and_prompt():
    code = "def f():\n    ### BEGIN SOLUTION\n    return 1\n    ### END SOLUTION"
    assert otter.in_their_words(code, Exercise("1.2", "t")) == (
        "def f():\n"
        "    # BEGIN SOLUTION NO PROMPT\n"
        "    return 1\n"
        "    # END SOLUTION\n"
        '    """ # BEGIN PROMPT\n'
        '    raise NotImplementedError("exercise 1.2: t")\n'
        '    """; # END PROMPT'
    )


def test_a_check_shows_nothing():
    code = "é = f(1)\nf(2)\nfor i in x:\n    'é'; g(i)\ndef h():\n    f(3)\nassert é"
    assert otter.silent(code).split("\n")[1:] == [
        "é = f(1)", "_ = f(2)", "for i in x:", "    _ = 'é'; _ = g(i)", "def h():", "    f(3)",
        "assert é",
    ]  # fmt: skip


def test_a_check_is_silent_in_a_doctest_whoever_prints():
    lines = otter.silent("shows()\nprint(2)\nassert shows() is None").split("\n")
    text, said = "\n".join(f">>> {line}" for line in lines), []
    names = {"shows": lambda: print(1)}
    check = doctest.DocTestParser().get_doctest(text, names, "check", None, 0)
    assert doctest.DocTestRunner().run(check, out=said.append) == (0, 4), "".join(said)
    assert not said


@pytest.mark.parametrize("key", LESSONS)
def test_nothing_needs_a_name_of_a_check(key):
    """Otter takes the checks out of the students' notebooks."""
    bound, of_checks = set(dir(builtins)), set()
    for part in parts(finding.find_lesson(key).cells):
        if part.role == "prose":
            continue
        names = [node for node in ast.walk(ast.parse(part.text)) if isinstance(node, ast.Name)]
        needed = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        new = defined(part.text)
        if part.role == "check":
            of_checks |= new - bound
        else:
            assert not (needed & of_checks) - new - bound
            bound |= new


def defined(code: str) -> set[str]:
    """The names that code gives a meaning, anywhere in it."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def test_a_notebook_is_the_same_every_time(folder):
    assert main(["lessons", "07", "--notebook"]) == 0
    text = Path("07_sums.ipynb").read_text("utf-8")
    os.remove("07_sums.ipynb")
    assert main(["lessons", "07", "--notebook"]) == 0
    assert Path("07_sums.ipynb").read_text("utf-8") == text
    cells = json.loads(text)["cells"]
    assert [cell["cell_type"] for cell in cells] == ["markdown", "code"] * 4 + ["code"]
    assert not any(cell.get("outputs") for cell in cells)


def test_a_students_notebook(folder):
    assert main(["lessons", "07", "--notebook", "--student"]) == 0
    text = Path("07_sums_student.ipynb").read_text("utf-8")
    assert "exercise 7.2: Predict the shape" in text and "SOLUTION" not in text


@pytest.mark.lessons
def test_a_notebook_with_outputs(folder, capsys):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    made = minivit("07", "--notebook", "--outputs", "--student", source=folder.parent)
    assert "It stops at exercise 7.1: Add" in made.stdout and made.returncode == 0
    made = minivit("07", "--notebook", "--outputs", source=folder.parent)
    assert made.returncode == 0, made.stderr
    cells = json.loads(Path("07_sums.ipynb").read_text("utf-8"))["cells"]
    assert cells[1]["outputs"][0]["text"] == ["the sum is 3\n"]
    assert "image/png" in cells[3]["outputs"][-1]["data"]
    assert made.stderr == ""


@pytest.mark.lessons
def test_a_kernel_that_dies_is_a_sentence(folder):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    (folder.parent / "07_sums.py").write_text("# %%\nimport os\nos._exit(3)\n", "utf-8")
    made = minivit("07", "--notebook", "--outputs", source=folder.parent)
    assert made.returncode == 2 and not os.listdir()
    assert made.stderr == "minivit: the notebook's kernel ended before it was through\n"


def minivit(*argv, source=None) -> subprocess.CompletedProcess:
    """`minivit lessons ...` in a process of its own: Jupyter's packages warn of this and that."""
    code = (
        "import pathlib, sys\n"
        "from minivit.cli.main import main; from minivit.course import finding\n"
        f"if {source is not None}: finding.lesson_folder = lambda: pathlib.Path({str(source)!r})\n"
        "sys.exit(main(['lessons', *sys.argv[1:]]))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *argv], env=environment(), capture_output=True, text=True
    )


def runner(name: str, *argv) -> str:
    """Run a grader's command of this Python's; returns what it said."""
    command = shutil.which(name, path=str(Path(sys.executable).parent))
    if not command:
        pytest.skip(f"{name} is not installed")
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    done = subprocess.run(
        [command, *argv], env=environment() | {"PATH": path}, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture
def real(tmp_path, monkeypatch):
    """The real lessons, and an empty working folder."""
    pytest.importorskip("nbformat")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.lessons
@pytest.mark.parametrize("key", LESSONS)
def test_every_lessons_notebook_runs_in_jupyters_runner(key, real):
    pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    made = minivit(key, "--notebook", "--outputs")
    assert made.returncode == 0, made.stdout + made.stderr
    (path,) = real.glob("*.ipynb")
    text = path.read_text("utf-8")
    assert "is right" in text and '"output_type": "error"' not in text


@pytest.mark.lessons
@pytest.mark.parametrize("key", GRADED)
def test_nbgrader_gives_every_point_for_the_answers_and_none_without(key, real):
    pytest.importorskip("nbgrader")
    Path("source/ps").mkdir(parents=True)
    os.chdir("source/ps")
    assert main(["lessons", key, "--notebook", "--for", "nbgrader"]) == 0
    os.chdir(real)
    (path,) = Path("source/ps").iterdir()
    runner("nbgrader", "generate_assignment", "ps", "--create")
    assert "SOLUTION" not in Path("release/ps", path.name).read_text("utf-8")
    for who, folder in (("knows", "source"), ("waits", "release")):
        Path("submitted", who, "ps").mkdir(parents=True)
        shutil.copy(Path(folder, "ps", path.name), Path("submitted", who, "ps"))
    runner("nbgrader", "autograde", "ps")
    runner("nbgrader", "export", "--to", "grades.csv")
    rows = [row.split(",") for row in Path("grades.csv").read_text("utf-8").splitlines()]
    facts = [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
    scores = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in facts}
    assert scores["knows"][0] == scores["knows"][1] >= 1
    assert scores["waits"] == (0, scores["knows"][1])


@pytest.mark.lessons
@pytest.mark.parametrize("key", GRADED)
def test_otter_gives_every_point_for_the_answers_and_none_without(key, real):
    pytest.importorskip("otter")
    assert main(["lessons", key, "--notebook", "--for", "otter"]) == 0
    (path,) = real.glob("*.ipynb")
    assert "All autograder tests passed" in runner("otter", "assign", "-v", path.name, "dist")
    assert "SOLUTION" not in Path("dist/student", path.name).read_text("utf-8")
    (tests,) = Path("dist/autograder").glob("*.zip")
    for who, share in (("autograder", 1), ("student", 0)):
        shutil.copytree(Path("dist", who), who)
        runner("otter", "run", "-a", str(tests), "-o", who, f"{who}/{path.name}")
        graded = json.loads(Path(who, "results.json").read_text("utf-8"))["tests"]
        points = [(test["score"], test["max_score"]) for test in graded if "max_score" in test]
        assert points and all(score == share * most for score, most in points)

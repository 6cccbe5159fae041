"""A folder of submissions is graded, stopped, and graded on."""

import pytest
from students_files import RELU

from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import Examined
from minivit.checking.student.findings import Finding
from minivit.checking.student.grading import gradebook, whole_class
from minivit.checking.student.grading.points import Worth
from minivit.checking.student.grading.whole_class import grade
from minivit.checking.student.isolation.answers import Failed
from minivit.errors import InputError

POINTS = {"relu": Worth({"": 5}, ("forward", "backward"))}
SOURCES = {"right": RELU, "wrong": RELU.replace("(x > 0)", "(x < 0)"), "lost": "x = ("}


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "submissions"
    (root / "bob").mkdir(parents=True)
    (root / "alice.py").write_text(SOURCES["right"])
    (root / "bob" / "student.py").write_text(SOURCES["wrong"])
    (root / "carol.py").write_text(SOURCES["lost"])
    (root / "dave").mkdir()
    return root


@pytest.fixture
def looked_at(monkeypatch):
    """The names of what was checked, by verdicts that take no process."""
    seen = []

    def check(path, *, only=None, seconds=10.0, begin=None, tell=None):
        seen.append(path.name)
        text = path.read_text()
        if text == SOURCES["lost"]:
            return Checked(str(path), (), Failed("load", "line 1 raised SyntaxError"), "", "", only)
        finding = Finding(("dx",), "not implemented", "said", 1, None)
        findings = () if text == SOURCES["right"] else (finding._replace(kind="values"), finding)
        op = Examined("relu", ("forward", "backward"), 9, {"y": "right"}, findings, (), 0.1)
        return Checked(str(path), (op,), None, "", "", only)

    monkeypatch.setattr(whole_class, "check", check)
    return seen


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({}, "right"),
        ({"gelu": Worth({"": 1}, ("forward", "backward"))}, "incomplete"),
        ({"relu": Worth({"dx": 1}, ("backward",))}, "incomplete"),
    ],
    ids=["all", "an op is missing", "a gradient was not seen"],
)
def test_right_is_told_from_incomplete(folder, looked_at, tmp_path, more, told):
    rows = grade(folder, tmp_path / "grades.csv", points=POINTS | more).rows
    assert [row["verdict"] for row in rows] == [told, "wrong", "not checked", "not checked"]


def columns(rows, *names):
    return [tuple(row[name] for name in names) for row in rows]


def test_a_row_for_each_submission(folder, looked_at, tmp_path):
    heard = []
    found = grade(folder, tmp_path / "grades.csv", points=POINTS,
                  begin=lambda *counts: heard.append(counts), tell=heard.append)  # fmt: skip
    assert columns(found.rows, "submission", "file", "verdict", "score", "max_score") == [
        ("alice.py", "alice.py", "right", "5", "5"),
        ("bob", "bob/student.py", "wrong", "0", "5"),
        ("carol.py", "carol.py", "not checked", "0", "5"),
        ("dave", "", "not checked", "0", "5"),
    ]
    assert columns(found.rows, "causes", "failed")[1:] == [
        ("relu: values; relu: not-implemented", ""),
        ("", "line 1 raised SyntaxError"),
        ("", "the folder holds no .py file"),
    ]
    assert [row.get("relu", "") for row in found.rows] == ["right", "wrong", "", ""]
    assert heard[0] == (4, 0) and [row["submission"] for row in heard[1:]] == [
        "alice.py", "bob", "carol.py", "dave",
    ]  # fmt: skip
    read = gradebook.read(tmp_path / "grades.csv")
    assert columns(read.values(), "submission", "score") == columns(
        found.rows, "submission", "score"
    )


def test_what_is_graded_stays_until_something_changes(folder, looked_at, tmp_path, monkeypatch):
    table = tmp_path / "grades.csv"
    grade(folder, table, points=POINTS)
    looked_at.clear()
    assert grade(folder, table, points=POINTS).kept == 4 and looked_at == []
    (folder / "carol.py").write_text(SOURCES["right"])  # handed in again
    assert grade(folder, table, points=POINTS).kept == 3 and looked_at == ["carol.py"]
    assert gradebook.read(table)["carol.py"]["verdict"] == "right"
    for changed in ({"points": None}, {"points": POINTS, "seconds": 3.0}):
        looked_at.clear()
        assert grade(folder, table, **changed).kept == 0 and len(looked_at) == 3
    monkeypatch.setattr(whole_class.minivit, "__version__", "9.9.9")
    assert grade(folder, table, points=POINTS, seconds=3.0).kept == 0


def test_an_interruption_loses_nothing(folder, looked_at, tmp_path):
    table = tmp_path / "grades.csv"

    def interrupt(row):
        if row["submission"] == "bob":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        grade(folder, table, tell=interrupt)
    assert list(gradebook.read(table)) == ["alice.py", "bob"]
    looked_at.clear()
    assert grade(folder, table).kept == 2 and looked_at == ["carol.py"]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["grades.csv"]


def test_rows_of_others_stay(folder, looked_at, tmp_path):
    table = tmp_path / "grades.csv"
    grade(folder, table)
    before = gradebook.read(table)["alice.py"]
    (folder / "alice.py").unlink()
    found = grade(folder, table)
    assert found.others == 1 and len(found.rows) == 3
    assert gradebook.read(table)["alice.py"] == before


def test_a_table_in_the_folder_is_not_called_left_out(folder, looked_at):
    (folder / "notes.txt").write_text("")
    grade(folder, folder / "grades.csv")
    assert grade(folder, folder / "grades.csv").left_out == ["notes.txt"]


def test_nothing_is_checked_where_the_table_can_not_be_written(folder, looked_at, tmp_path):
    mine = tmp_path / "mine.csv"
    mine.write_text("name,grade\n")
    with pytest.raises(InputError, match=r"mine\.csv is no table"):
        grade(folder, mine)
    with pytest.raises(OSError, match="No such file"):
        grade(folder, tmp_path / "missing" / "grades.csv")
    assert looked_at == [] and mine.read_text() == "name,grade\n"


def test_a_name_that_is_a_formula_is_graded_once(folder, looked_at, tmp_path):
    (folder / '=cmd, "x".py').write_text(SOURCES["right"])
    table = tmp_path / "grades.csv"
    assert grade(folder, table).rows[0]["submission"] == '=cmd, "x".py'
    assert grade(folder, table).kept == 5
    assert "'=cmd" in table.read_text("utf-8-sig") and ",=cmd" not in table.read_text("utf-8-sig")


def test_in_processes_of_their_own(folder, tmp_path):
    (folder / "carol.py").write_text("import os\nos._exit(0)\n")
    found = grade(folder, tmp_path / "grades.csv", points=POINTS)
    assert columns(found.rows, "submission", "verdict", "score") == [
        ("alice.py", "right", "5"), ("bob", "wrong", "0"), ("carol.py", "not checked", "0"),
        ("dave", "not checked", "0"),
    ]  # fmt: skip
    assert "ended with exit code 0" in found.rows[2]["failed"]

"""The table of a class: what is written is read again, and nobody else's file is touched."""

import csv
import os

import pytest

from minivit.checking.student.grading import gradebook
from minivit.checking.student.grading.gradebook import FIRST, LAST, escaped, unescaped
from minivit.errors import InputError

NAMES = (
    "alice.py", "Grace, \"Amazing\" Hopper.py", "=cmd|' /C calc'!A0.py", "+1.py", "-1.py", "@x.py",
    " =1+1", "'=1", "''=1", "'quoted'", "two\nlines", "\ttab", "\rcr", "\uff1d1", "陈.py", "é",
    "' =1",
)  # fmt: skip


def row(name: str, **cells: str) -> dict[str, str]:
    return dict.fromkeys((*FIRST, *LAST), "") | {"submission": name, "score": "1"} | cells


def test_what_is_written_is_read_again(tmp_path):
    path = tmp_path / "grades.csv"
    rows = {name: row(name, relu="wrong", causes="relu: raised") for name in NAMES}
    gradebook.write(path, rows)
    assert gradebook.read(path) == rows
    gradebook.write(path, gradebook.read(path))
    assert gradebook.read(path) == rows


def test_no_cell_is_a_formula(tmp_path):
    path = tmp_path / "grades.csv"
    gradebook.write(path, {name: row(name, failed="=HYPERLINK(1)") for name in NAMES})
    with path.open(encoding="utf-8-sig", newline="") as file:
        cells = [cell for line in csv.reader(file) for cell in line]
    assert not [cell for cell in cells if cell.lstrip(" ").startswith(gradebook.FORMULA)]
    assert "'=HYPERLINK(1)" in cells and "alice.py" in cells and "'quoted'" in cells


@pytest.mark.parametrize("name", NAMES)
def test_an_escape_is_taken_back(name):
    assert unescaped(escaped(name)) == name


def test_a_column_for_each_op_in_the_order_of_the_ops(tmp_path):
    path = tmp_path / "grades.csv"
    gradebook.write(path, {"a": row("a", relu="right"), "b": row("b", gelu="wrong")}, ["softmax"])
    (heading, *_) = path.read_text("utf-8-sig").splitlines()
    assert heading.split(",") == [*FIRST, "softmax", "gelu", "relu", *LAST]


def test_a_table_is_whole_or_not_there(tmp_path, monkeypatch):
    path = tmp_path / "grades.csv"
    gradebook.write(path, {"a": row("a")})
    before = path.read_bytes()

    def full(cell):
        raise OSError("the disk is full")

    monkeypatch.setattr(gradebook, "escaped", full)
    with pytest.raises(OSError, match="the disk is full"):
        gradebook.write(path, {"b": row("b")})
    assert path.read_bytes() == before and os.listdir(tmp_path) == ["grades.csv"]


def test_no_table_yet(tmp_path):
    assert gradebook.read(tmp_path / "grades.csv") == {}


HEADING = ",".join((*FIRST, *LAST))


@pytest.mark.parametrize(
    "text",
    [
        b"", b"\n", b"name,grade\nalice,5\n", b"\xff\xfe", b"\0\0", b"%PDF-1.7",
        HEADING.replace("content", "contents").encode(),
        f"{HEADING}\nalice.py,too,few\n".encode(),
        f'{HEADING}\n"alice'.encode(),
        ",".join((*FIRST, "favourite colour", *LAST)).encode(),
        ",".join(FIRST).encode(),
    ],
)  # fmt: skip
def test_another_file_is_refused_and_stays(tmp_path, text):
    path = tmp_path / "grades.csv"
    path.write_bytes(text)
    with pytest.raises(InputError, match=r"grades\.csv is no table of `minivit check --all`"):
        gradebook.read(path)
    assert path.read_bytes() == text


def test_names_that_are_no_utf_8_are_spelled():
    assert gradebook.written(os.fsdecode(b"caf\xe9.py")) == "caf\\udce9.py"
    assert gradebook.written("café.py") == "café.py"

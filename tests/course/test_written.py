"""A student's file as cells: a script, a notebook, or what is neither."""

import json

import pytest
from course_samples import LESSON

from minivit.course.written import read_written
from minivit.errors import InputError


def notebook(*cells: tuple[str, str]) -> str:
    return json.dumps({"cells": [
        {"cell_type": kind, "source": source.splitlines(keepends=True)} for kind, source in cells
    ]})  # fmt: skip


HALF = notebook(("code", "x = '?'")).replace("?", "\\ud800")  # of a character


@pytest.fixture
def file(tmp_path):
    def written(name: str, text: str):
        (tmp_path / name).write_text(text, encoding="utf-8")
        return read_written(tmp_path / name)

    return written


def test_the_cells_of_an_exercise(file):
    found = file("copy.py", LESSON)
    assert found.has("7.1") and not found.has("7.3") and not found.is_notebook
    (cell,) = found.of("7.1")
    assert cell.text.startswith("def add(a, b):") and found.text == LESSON
    assert [one.line for one in found.up_to(cell)][-1] == cell.line
    assert len(found.of("7.2")) == 2
    assert len(found.of("7.3")) == len(found.cells), "without it they may stand anywhere"


def test_a_file_without_cells_is_one(file):
    found = file("layer.py", "import numpy as np\n\ndef f():\n    pass\n")
    assert [cell.line for cell in found.of("7.1")] == [1]


def test_a_notebook_is_read_as_the_script_of_its_cells(file):
    found = file("copy.ipynb", notebook(
        ("markdown", "# Lesson 7\n\n**7.1 Add.** Here."),
        ("raw", "not for Python"),
        ("code", "%matplotlib inline\n!pip install x\nfor i in a:\n    %time i\nb = 10 \\\n  % 3"),
    ))  # fmt: skip
    (cell,) = found.of("7.1")
    assert found.is_notebook and found.has("7.1")
    assert "# %matplotlib inline\n# !pip install x\nfor i" in cell.text
    assert "\n    # %time i\n" in cell.text and cell.text.endswith("\n  % 3")
    assert found.text.split("\n")[cell.line] == "# %matplotlib inline"


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"cells": 3}', '{"cells": [{}]}', "no JSON", HALF]
)
def test_what_is_no_notebook(file, text):
    with pytest.raises(InputError, match="is no notebook of Jupyter"):
        file("copy.ipynb", text)


def test_what_is_no_text_or_no_file(tmp_path):
    (tmp_path / "copy.py").write_bytes(b"x = '\xff'")
    with pytest.raises(InputError, match="is no text in UTF-8"):
        read_written(tmp_path / "copy.py")
    with pytest.raises(InputError, match="is no file"):
        read_written(tmp_path)
    with pytest.raises(FileNotFoundError):
        read_written(tmp_path / "missing.py")

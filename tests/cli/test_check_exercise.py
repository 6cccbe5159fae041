"""`minivit check --exercise`: the answer to an exercise of the lessons."""

import argparse

import pytest

from minivit import InputError
from minivit.cli import check
from minivit.course.exercises import student_copy
from minivit.course.finding import find_lesson

LESSON = find_lesson("03")


def command(*words: str) -> int:
    parser = argparse.ArgumentParser()
    check.add_arguments(parser)
    return check.run(parser.parse_args(words))


def test_an_answer_and_a_stub(capsys, tmp_path):
    assert command("--exercise", "3.4", str(LESSON.path)) == 0
    assert capsys.readouterr().out.endswith("The op is right.\n")
    (tmp_path / "copy.py").write_text(student_copy(LESSON.cells), encoding="utf-8")
    assert command("--exercise", "3.4", str(tmp_path / "copy.py")) == 1
    assert "is still to be written (NotImplementedError: exercise 3.4" in capsys.readouterr().out


def test_a_notebook_tells_where_its_lines_are_counted_from(capsys, tmp_path):
    pytest.importorskip("nbformat")
    from minivit.course.notebook import as_text, notebook

    path = tmp_path / "copy.ipynb"
    path.write_text(as_text(notebook(LESSON, student=True)), encoding="utf-8")
    assert command("--exercise", "3.4", str(path)) == 1
    assert "that the exercise's first line of code is " in capsys.readouterr().out


def test_an_exercise_names_its_op_itself():
    with pytest.raises(InputError, match="leave --only out"):
        command("--exercise", "3.4", "--only", "linear", "copy.py")
    with pytest.raises(InputError, match=r"no op checks exercise '3\.1'"):
        command("--exercise", "3.1", "copy.py")

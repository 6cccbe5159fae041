"""Answers taken out, and told apart from their checks."""

import pytest
from course_samples import LESSON

from minivit.course.cells import read_cells
from minivit.course.exercises import BEGIN, END, Exercise, opened, parts, pieces, student_copy
from minivit.errors import InputError


def test_a_students_copy_has_a_line_for_each_answer():
    copy = student_copy(read_cells(LESSON))
    assert "SOLUTION" not in copy and "c = a + b" not in copy
    assert (
        '\ndef add(a, b):\n    raise NotImplementedError("exercise 7.1: Add \\"two\\" numbers")\n\n'
        in copy
    )
    assert '\nraise NotImplementedError("exercise 7.2: Predict the shape")\n' in copy
    compile(copy, "copy", "exec")
    before, after = LESSON.split("    ### BEGIN SOLUTION\n    c"), copy.split("    raise Not")
    assert before[0] == after[0]  # the rest is the lesson's, to the letter


def test_several_answers_of_one_exercise():
    code = f"a = 1\n  {BEGIN}\n  b\n  {END}\nc\n{BEGIN}\n{END}"
    stub = Exercise("1.2", "t").stub
    assert opened(code, Exercise("1.2", "t")) == f"a = 1\n  {stub}\nc\n{stub}"


@pytest.mark.parametrize("code", [BEGIN, END, f"{BEGIN}\n{BEGIN}\n{END}", f"{BEGIN}\n{END}\n{END}"])
def test_markers_that_are_no_pairs(code):
    with pytest.raises(InputError, match="a lesson is damaged"):
        pieces(code)


def test_answer_and_check_apart():
    found = parts(read_cells(LESSON))
    assert [part.role for part in found] == [
        "prose", "code", "prose", "code", "prose", "answer", "check", "prose", "answer", "check",
    ]  # fmt: skip
    assert not any(part.exercise for part in found[:4])
    assert [part.exercise.number for part in found[4:]] == ["7.1"] * 3 + ["7.2"] * 3
    assert found[5].text.startswith("def add(") and found[5].text.endswith("### END SOLUTION")
    assert found[6].text.startswith("assert add(1, 2) == total")
    assert found[9].text.startswith("for i in range(2):")  # the next cell, where nothing follows


def test_what_comes_after_the_exercises_belongs_to_none():
    more = LESSON + "\n# %% [markdown]\n# ## In the end\n\n# %%\nprint()\n"
    assert [(part.role, part.exercise) for part in parts(read_cells(more))[-2:]] == [
        ("prose", None),
        ("code", None),
    ]


def test_a_function_goes_on_after_its_answer():
    code = f"def f():\n    {BEGIN}\n    y = 1\n    {END}\n    return y\n\n\nassert f()"
    cell = f"# %% [markdown]\n# **1.1 F.**\n\n# %%\n{code}\n"
    answer, check = parts(read_cells(cell))[1:]
    assert answer.text.endswith("return y") and check.text == "assert f()"

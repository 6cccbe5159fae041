"""Exercises that an op checks: what of a student's file is taken, and what the op says of it."""

import pytest

from minivit import ops
from minivit.checking.student import search
from minivit.checking.student.checked import check
from minivit.course.checkable import answer_to, checkable_in, find_checkable
from minivit.course.exercises import parts, student_copy
from minivit.course.finding import all_lessons
from minivit.course.lesson import key_of, read_lesson
from minivit.errors import InputError

LESSONS = {one.number: lesson for lesson in all_lessons() for one in checkable_in(lesson)}
pytest.importorskip("hypothesis")
# The gradients of a right backward, the first of them doubled.
DOUBLED = """

def {name}(dy, cache, right={name}):
    gradients = right(dy, cache)
    if not isinstance(gradients, tuple):
        return 2 * gradients
    return 2 * gradients[0], *gradients[1:]
"""


def verdict(number: str, path) -> str:
    """What the op says of the answer to an exercise."""
    answer = answer_to(number, str(path))
    checked = check(path, only=answer.op, source=answer.source, examples=0)
    assert checked.failed is None and len(checked.ops) == 1
    return checked.ops[0].verdict


@pytest.mark.lessons
@pytest.mark.parametrize("number", LESSONS)
def test_the_worked_answer_is_right_the_stub_not_written_and_a_doubled_gradient_wrong(
    number, tmp_path, monkeypatch
):
    monkeypatch.setattr(search, "smallest_like", lambda plan, fails: None)  # nobody reads it here
    lesson = LESSONS[number]
    assert verdict(number, lesson.path) == "right"
    copy = tmp_path / "copy.py"
    copy.write_text(student_copy(lesson.cells), encoding="utf-8")
    assert verdict(number, copy) == "not written"
    alone, backward = tmp_path / "alone.py", find_checkable(number).functions[-1]
    source = answer_to(number, str(lesson.path)).source.decode()
    alone.write_text(source + DOUBLED.format(name=backward), encoding="utf-8")
    assert verdict(number, alone) == "wrong"


@pytest.mark.parametrize("number", LESSONS)
def test_an_exercise_names_functions_of_one_op_that_its_answer_defines(number):
    found, lesson = find_checkable(number), LESSONS[number]
    assert found.number == number and key_of(lesson.stem) == f"{int(number.split('.')[0]):02}"
    ways = [way for way in ("forward", "backward") if f"{found.op}_{way}" in found.functions]
    assert found.functions == tuple(f"{found.op}_{way}" for way in ways)
    assert all(hasattr(ops, name) for name in found.functions)
    answers = [part.text for part in parts(lesson.cells)
               if part.role in ("answer", "check") and part.exercise.number == number]  # fmt: skip
    assert all(f"def {name}(" in "\n".join(answers) for name in found.functions)


def test_every_sentence_is_read():
    for lesson in all_lessons():
        assert lesson.text.count("minivit check --exercise") == len(checkable_in(lesson))


def test_exercises_that_no_op_checks():
    for number in ("0.1", "6.3", "5", "99.1"):
        with pytest.raises(InputError, match=rf"no op checks exercise '{number}'.* 0\.2, 1\.2, "):
            answer_to(number, "missing.py")


@pytest.fixture
def copy(tmp_path):
    """Lesson 5 as a student has it, with lines of theirs in the place of an answer."""

    def written(answer: str):
        path = tmp_path / "copy.py"
        text = student_copy(read_lesson(LESSONS["5.3"].path).cells)
        (stub,) = [line for line in text.split("\n") if "exercise 5.3" in line and "raise" in line]
        path.write_text(text.replace(stub, answer), encoding="utf-8")
        return path

    return written


def test_lines_keep_their_numbers(copy):
    path = copy("    return dy / 0 + nothing")
    answer = answer_to("5.3", str(path))
    (place,) = [i for i, line in enumerate(path.read_text("utf-8").split("\n"), 1) if "/ 0" in line]
    assert answer.source.decode().split("\n")[place - 1] == "    return dy / 0 + nothing"
    (finding,) = check(path, only="layernorm", source=answer.source).ops[0].findings[:1]
    assert finding.line == place


def test_a_cell_that_is_no_python_is_told_where_it_is_the_answers(copy):
    path = copy("    return (dy")
    failed = check(path, source=answer_to("5.3", str(path)).source).failed
    assert "SyntaxError" in str(failed) and failed.line > 200


def test_another_cell_may_be_damaged(copy):
    path = copy("    return dy, dy.sum(), dy.sum()")
    text = path.read_text("utf-8")
    path.write_text(text.replace("def counts(B, T, D):", "def counts(B, T, D:"), encoding="utf-8")
    assert b"def layernorm_backward" in answer_to("5.3", str(path)).source


def test_a_function_above_the_exercise_is_no_answer_to_it(copy):
    path = copy("    return dy, dy, dy")
    text = path.read_text("utf-8").replace("def layernorm_backward", "def mine")
    path.write_text(text.replace("def norm_backward", "def layernorm_backward"), encoding="utf-8")
    with pytest.raises(InputError, match=r"exercise 5\.3 in .* does not define layern"):
        answer_to("5.3", str(path))


def test_minivits_own_is_no_answer(tmp_path):
    path = tmp_path / "borrowed.py"
    renamed = "from minivit import ops\nlayernorm_backward = ops.layernorm_backward"
    for line in ("from minivit.ops import layernorm_backward", renamed):
        path.write_text(line, encoding="utf-8")
        assert verdict("5.3", path) == "wrong"


def test_a_forward_of_the_students_own_comes_with_its_backward(tmp_path):
    path = tmp_path / "pair.py"
    path.write_text(
        "from minivit import ops\n"
        "def linear_forward(x, w, b):\n    return ops.mlp, None\n"
        "def linear_backward(dy, cache):\n    return cache\n",
        encoding="utf-8",
    )
    assert b"def linear_forward" in answer_to("0.2", str(path)).source


def test_a_file_without_the_functions(tmp_path):
    path = tmp_path / "nothing.py"
    path.write_text("x = 1\n", encoding="utf-8")
    with pytest.raises(
        InputError,
        match=r"does not define attention_forward and attention_backward, .*`minivit lessons 6 ",
    ):
        answer_to("6.2", str(path))


def test_a_notebook(tmp_path):
    pytest.importorskip("nbformat")
    from minivit.course.notebook import as_text, notebook

    path = tmp_path / "copy.ipynb"
    lesson = LESSONS["0.2"]
    path.write_text(as_text(notebook(lesson, student=True)), encoding="utf-8")
    assert verdict("0.2", path) == "not written"
    answer = answer_to("0.2", str(path))
    assert answer.source.decode().split("\n")[answer.first - 1].startswith("def linear_backward")
    path.write_text(as_text(notebook(lesson)), encoding="utf-8")
    assert verdict("0.2", path) == "right"

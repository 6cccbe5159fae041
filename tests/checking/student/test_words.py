"""The verdicts as they are printed."""

import numpy as np
import pytest
from students_files import LAYERNORM, RELU, changed

from minivit.checking.student import check, words

WRONG = changed(LAYERNORM, "g - g.mean(axis=-1, keepdims=True)", "g")


@pytest.fixture
def checked(tmp_path):
    def of(source: str, **options):
        (tmp_path / "student.py").write_text(source)
        return check(tmp_path / "student.py", **options)

    return of


def test_a_right_op_is_one_line(checked):
    found = checked(RELU)
    assert words.row(found.ops[0])[0] == "relu"
    assert words.row(found.ops[0])[2:] == ("right", "right", "dx right")
    assert list(words.explained(found.ops[0])) == []
    assert words.closing(found) == "The op is right."


def test_a_wrong_op_is_explained(checked):
    found = checked(RELU + WRONG)
    assert words.row(found.ops[0])[2:] == (
        "wrong: layernorm-mean-correction-forgotten", "right",
        "dx wrong, dgamma right, dbeta right")  # fmt: skip
    text = "\n".join(words.explained(found.ops[0]))
    for part in ("layernorm: dx is ", "The smallest input found (float64)", "What came:",
                 "What should have come:", "Likely cause:", "It breaks:", "Hint:"):  # fmt: skip
        assert part in text
    assert max(map(len, text.splitlines())) <= 110
    assert words.closing(found) == "2 ops: 1 right, 1 wrong."


def test_what_was_not_asked_is_told(checked):
    short = changed(LAYERNORM, "beta, *, eps=1e-6", "beta").replace("+ eps", "+ 1e-6")
    assert next(words.explained(checked(short).ops[0])) == (
        "layernorm: not asked, since the functions do not take it: eps 0.1.")  # fmt: skip


@pytest.mark.parametrize(
    ("source", "only", "sentence"),
    [
        ("", None, "Nothing was checked: the file defines no op."),
        (RELU, "gelu", "Nothing was checked: the file does not define gelu."),
        ("x = (", None, "Nothing was checked: line 1 raised SyntaxError"),
    ],
)
def test_why_nothing_was_checked(checked, source, only, sentence):
    assert words.closing(checked(source, only=only)).startswith(sentence)


def test_a_large_array_is_told_by_its_shape():
    assert list(words.array("x", np.zeros((5, 5)))) == ["    x         5x5 numbers"]
    assert list(words.array("b", None)) == ["    b         None"]
    assert list(words.array("w", np.array([[1.0, -0.0], [2.5, 3.0]]))) == [
        "    w         [[1. , 0. ],", "               [2.5, 3. ]]"]  # fmt: skip


def test_in_words_is_the_message_of_an_assert(checked):
    said = words.in_words(checked(WRONG))
    assert "[layernorm-mean-correction-forgotten]" in said and said.endswith("\n1 op: 1 wrong.")
    assert words.in_words(checked(RELU)) == "The op is right."


def test_what_is_asked_at_few_points_is_not_counted(checked):
    grown = changed(LAYERNORM, "g = dy * gamma", "x_hat *= 2\n    g = dy * gamma")
    (found,) = [one for one in checked(grown).ops[0].findings if one.kind == "repeated"]
    assert found.wrong > 1
    said = [line for line in words.explained(checked(grown).ops[0]) if "called again" in line]
    assert len(said) == 1 and " inputs" not in said[0]

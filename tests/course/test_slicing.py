"""Functions taken out of a file with what they use, and without the rest of it."""

import pytest

from minivit.course.cells import Cell
from minivit.course.slicing import in_place, statements, with_what_they_use


def sliced(text: str, name: str = "f") -> list[str]:
    """The lines that are left for a function's sake."""
    known = statements(Cell("code", text, 1))
    wanted = [one for one in known if name in one.binds][-1:]
    left = in_place(text, [one.lines for one in with_what_they_use(wanted, known)])
    assert left.count("\n") == text.count("\n"), "a line keeps its number"
    return [line for line in left.split("\n") if line]


def test_what_is_not_used_does_not_run():
    text = "import a\nimport b\nx = 1 / 0\nprint(x)\ndef f(y):\n    return a.g(y)\nraise SystemExit"
    assert sliced(text) == ["import a", "def f(y):", "    return a.g(y)"]


def test_what_is_used_uses_more():
    text = "n = 2\nm = n + 1\ndef g():\n    return m\nk = 5\ndef f(y):\n    return g() * y"
    assert sliced(text) == [line for line in text.split("\n") if line != "k = 5"]


def test_names_of_its_own_are_not_those_of_the_file():
    text = "x = train()\ni = 1\ndef f(x, y=None):\n    for i in x: y = [i for i in x]\n    return y"
    assert sliced(text) == text.split("\n")[2:]


@pytest.mark.parametrize(
    "text",
    [
        "d = 3\ndef f(x, *, d=d):\n    return d",
        "import np\ndef f(x: np.ndarray):\n    return x",
        "import tools\n@tools.timed\ndef f(x):\n    return x",
        "class A:\n    y = 1\ndef f(x):\n    return A",
        "y = 1\nclass A:\n    z = y\ndef f(x):\n    return A",
        "y = 1\nz = [y for _ in range(3)]\ndef f(x):\n    return z",
        "y = 1\nf = lambda x: y",
        "y = 1\ndef f(x):\n    def g():\n        return y\n    return g",
        "try:\n    import fast as a\nexcept ImportError:\n    a = None\ndef f(x):\n    return a",
        "a = 1\na += 1\ndef f(x):\n    return a",
        "a = {}\na['b'] = 1\ndef f(x):\n    return a",
        "for a in range(3):\n    pass\ndef f(x):\n    return a",
        "from math import *\ndef f(x):\n    return sqrt(x)",
        "def f(x):\n    return g(x)\ndef g(x):\n    return f(x)",
        "def f(x):\n    return x\ndef f(x, old=f):\n    return old(x)",
    ],
)
def test_all_of_it_is_used(text):
    assert sliced(text) == text.split("\n")


def test_a_function_sees_the_last_value_of_a_name_and_a_default_the_one_before_it():
    text = "a = 1\na = 2\ndef f(x, b=a):\n    return c\nc = 3\nc = 4\na = 5"
    assert sliced(text) == ["a = 2", "def f(x, b=a):", "    return c", "c = 4"]


def test_annotations_may_name_what_is_not_there():
    text = "from __future__ import annotations\nprint()\ndef f(x: Array):\n    return x"
    assert sliced(text) == [line for line in text.split("\n") if line != "print()"]


def test_a_text_that_is_no_python():
    with pytest.raises(SyntaxError):
        statements(Cell("code", "def f(:\n", 1))

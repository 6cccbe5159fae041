"""Verdicts on small files of students', found without a process, for tests of their points."""

from direct import Direct

from minivit.checking.student.checked import Checked
from minivit.checking.student.examine import examine
from minivit.checking.student.isolation.answers import Failed


def checked_source(source: str, only: str | None = None) -> Checked:
    """What `check` would say of a file."""
    functions = Direct(source)
    ops = [
        examine(functions, op, found, examples=0)
        for op, found in functions.found.items()
        if only in (None, op)
    ]
    return Checked("student.py", tuple(ops), None, "", "", only)


def not_loaded() -> Checked:
    return Checked("student.py", (), Failed("load", "line 3 raised SyntaxError: no"), "", "hello")

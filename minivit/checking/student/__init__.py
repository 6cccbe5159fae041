"""The checker of a student's own layers: `minivit check FILE`, and from Python

    from minivit.checking.student import check, in_words

    checked = check("student.py")
    assert checked.ok, in_words(checked)

The names are imported on first use, since a student's process imports this package, too.
"""

from minivit.on_first_use import on_first_use

_HOMES = {
    "Checked": "minivit.checking.student.checked",
    "Examined": "minivit.checking.student.examine",
    "Finding": "minivit.checking.student.findings",
    "StudentProcess": "minivit.checking.student.isolation.process",
    "check": "minivit.checking.student.checked",
    "in_words": "minivit.checking.student.words",
}

__all__ = [*_HOMES]
__getattr__, __dir__ = on_first_use(__name__, _HOMES)

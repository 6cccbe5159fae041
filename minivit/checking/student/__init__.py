"""The checker of a student's own layers: `minivit check FILE`, and from Python

    from minivit.checking.student import check, in_words

    checked = check("student.py")
    assert checked.ok, in_words(checked)

checked.py     a file: its ops, each in a process of its own (isolation/)
examine.py     an op: tried at the points of plans.py, and at those of search.py, by Hypothesis
point.py       the inputs of a point, and what should come, by minivit's op (reference.py)
trial.py       one point put to the student's functions; faults.py tells what is wrong there
derived.py     gradients beside finite differences of the forward (slopes.py)
findings.py    all faults gathered; naming.py and places.py find the cause among causes/
told.py        the verdicts as JSON, words.py in words, grading/ in points

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

"""See checking/student/test_naming.py for causes at the points of a student's layer."""

from types import SimpleNamespace

import numpy as np

from minivit.checking.diagnosis.explaining import explanation
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.student.causes.cause import Cause

RIGHT = np.array([1.0, -2.0, 4.0])


def sight(factor, place=0):
    at = SimpleNamespace(dy=RIGHT, right={"dx": RIGHT}, place=place)
    return Sight(factor * RIGHT, RIGHT, at, factor != 1, 1e-6)


def cause(name, mistake):
    return Cause(name, "a sentence", "a hint", "a line", mistake)


def name_of(causes, *sights):
    found = explanation(causes, "dx", list(sights))
    return found and found.name


TWICE = cause("twice", lambda at: {"dx": 2 * at.right["dx"]})
HERE = cause("here", lambda at: {"dx": 2 * at.right["dx"]} if at.place == 0 else None)
Y = cause("y", lambda at: {"y": RIGHT})


def test_the_one_that_explains_most():
    assert name_of([Y, HERE, TWICE], sight(2, 0), sight(2, 1)) == "twice"
    assert name_of([HERE, TWICE], sight(2, 0)) == "here"  # the first of several


def test_what_is_right_somewhere_speaks_against_a_cause():
    assert name_of([TWICE, HERE], sight(2, 0), sight(1, 1)) == "here"
    assert name_of([TWICE], sight(2, 0), sight(1, 1)) is None


def test_nothing_explains_what_no_cause_foresees():
    assert name_of([TWICE, Y], sight(3)) is None
    assert name_of([TWICE], sight(1)) is None  # nothing is wrong
    assert name_of([], sight(2)) is None


def test_the_order_of_causes_is_not_gone_through_in_vain():
    asked = []

    def counted(at):
        asked.append(at)

    assert name_of([TWICE, cause("later", counted)], sight(2)) == "twice"
    assert not asked

import numpy as np
import pytest

from minivit.checking.bounds import Bounds
from minivit.checking.diagnosis.named import Named
from minivit.checking.law import Fault
from minivit.checking.verdict import row

TRUE = np.arange(1.0, 13).reshape(2, 2, 3)
BOUNDS = {"x": Bounds(TRUE, TRUE.copy(), np.zeros(TRUE.shape), {}, 0.0)}


def nobody_knows(name, given, bounds):
    return None


def verdict(given, fault=None, inquire=nobody_knows, bounds=BOUNDS):
    return row("x", given, fault, bounds, 1e-4, inquire)


def test_what_is_right_needs_no_inquiry():
    assert verdict(TRUE, inquire=None).verdict == "excellent"
    assert verdict(TRUE * (1 + 1e-5), inquire=None).verdict == "right"


def test_a_cause_is_the_note_of_its_row():
    cause = Named("a-name", "a sentence", "a hint", "a line")
    found = verdict(2 * TRUE, inquire=lambda name, given, bounds: cause)
    assert (found.verdict, found.note, found.cause) == ("wrong", "a sentence", cause)


def test_else_the_worst_element_is_named():
    given = TRUE.copy()
    given[0, 1, 2] = 100
    given[1, 0, 0] += 1
    assert verdict(given).note == "it is 100 at [1, 2] and should be 6"


@pytest.mark.parametrize(
    ("fault", "name"),
    [
        (Fault("shape", "it has shape (3, 2), expected (2, 3)", np.ones((3, 2))), "transposed"),
        (Fault("shape", "it has shape (7,), expected (2, 3)", np.ones(7)), None),
        (Fault("dtype", "it has dtype float32, expected float64"), "dtype-lowered"),
        (Fault("shared", "it shares memory with dy: return a copy"), "memory-shared"),
    ],
)
def test_a_fault_is_told_as_it_is_with_its_cause(fault, name):
    found = verdict(None, fault)
    assert (found.verdict, found.note, found.shape) == ("wrong", fault.sentence, (2, 3))
    assert (found.cause and found.cause.name) == name


def test_where_a_slope_jumps_an_interval_is_named():
    low, high = TRUE.copy(), TRUE.copy()
    high[0, 0, 0] = high[1, 0, 0] = 20
    kinks = {"x": Bounds(low, high, np.zeros(TRUE.shape), {(0, 0): "the slope jumps"}, 0.0)}
    assert verdict(TRUE, bounds=kinks).note == "not differentiable here: the slope jumps at [0, 0]"
    given = TRUE.copy()
    given[0, 0, 0] = -100
    assert verdict(given, bounds=kinks).note == (
        "it is -100 at [0, 0] and should lie between 1 and 20: the slope jumps"
    )

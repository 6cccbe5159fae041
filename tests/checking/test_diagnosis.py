import numpy as np
import pytest

from minivit.checking.diagnosis import diagnose

rng = np.random.default_rng(0)
TRUE, OTHER = rng.standard_normal((2, 3, 3))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (-TRUE, "it has the wrong sign"),
        (TRUE / 7, "it is 0.1429 times the right one"),
        (1.01 * TRUE, "it is 1.01 times the right one"),
        (-2 * TRUE, "it is -2 times the right one"),
        (0 * TRUE, "it is 0 everywhere"),
        (TRUE.T, "it is transposed"),
        (OTHER, "it is the gradient of w"),
        (np.where(TRUE > 0, np.nan, TRUE), "it holds NaN or infinity"),
    ],
)
def test_slips_that_are_known(given, words):
    assert diagnose(given, TRUE, {"w": OTHER, "b": np.ones(3)}) == words


def test_of_any_other_the_worst_element_is_named():
    given = TRUE.copy()
    given[1, 2] = 100.0
    given[0, 0] += 1
    assert diagnose(given, TRUE).startswith("it is 100 at [1, 2] and should be ")


def test_a_single_number():
    assert diagnose(np.array(2.0), np.array(-1.0)) == "it is 2 and should be -1"
    assert diagnose(np.array([2.0]), np.array([-1.0])) == "it is 2 at [0] and should be -1"


def test_where_the_right_one_is_zero():
    assert diagnose(np.array([0.5, 1.0]), np.zeros(2)) == "it is 1 at [1] and should be 0"

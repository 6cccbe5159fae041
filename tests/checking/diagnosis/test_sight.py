import numpy as np

from minivit.checking.diagnosis.sight import distance, largest


def test_distance():
    assert distance(np.array([1.0, 2.0]), np.array([1.0, 4.5])) == 2.5
    assert distance(np.zeros(0), np.zeros(0)) == 0
    assert distance(np.zeros(2), np.zeros((2, 1))) == np.inf


def test_nan_and_infinity_must_be_in_the_same_places():
    one = np.array([np.nan, np.inf, 1.0])
    assert distance(one, np.array([np.nan, np.inf, 3.0])) == 2
    assert distance(one, np.array([np.nan, -np.inf, 1.0])) == np.inf
    assert distance(one, np.array([0.0, np.inf, 1.0])) == np.inf
    assert distance(np.array([0.0]), np.array([np.nan])) == np.inf


def test_the_largest_number_that_is_one():
    assert largest(np.array([1.0, -3.0, np.inf, np.nan])) == 3
    assert largest(np.array(-2.0)) == 2
    assert largest(np.zeros(0)) == 0

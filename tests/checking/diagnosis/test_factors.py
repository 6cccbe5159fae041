from types import SimpleNamespace

import numpy as np
import pytest

from minivit.checking.diagnosis.factors import of_factor, ratio
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.sizes import Sizes

rng = np.random.default_rng(0)
SMALL, ODD = Sizes(), Sizes(B=2, T=7, H=3, K=5, M=4, C=3, P=3)


def sight(factor, sizes=SMALL, close=1e-6, letters=True):
    right = rng.standard_normal((3, 2))
    dy = rng.standard_normal((sizes.B, sizes.T, sizes.D))
    at = SimpleNamespace(dy=dy, letters=sizes if letters else None)
    return Sight(factor * right, right, at, True, close)


def words(*sights):
    found = of_factor("dx", list(sights))
    return found and found.sentence.removeprefix("the gradient is ")


@pytest.mark.parametrize("factor", [7, -2, 1.01, 1.001, 2, 0.5])
def test_a_number(factor):
    assert words(sight(factor, SMALL), sight(factor, ODD)) == f"{factor} times the right one"


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda s: 1 / s.T, "1/T"),
        (lambda s: s.D, "D"),
        (lambda s: s.K**0.5, "sqrt(K)"),
        (lambda s: -1 / s.K**0.5, "-1/sqrt(K)"),
        (lambda s: 1 / (s.B * s.T), "1/the number of tokens"),
    ],
)
def test_a_size_that_differs_from_point_to_point(formula, expected):
    sights = [sight(formula(sizes), sizes) for sizes in (SMALL, ODD)]
    assert words(*sights) == f"{expected} times the right one"


def test_at_one_point_the_number_is_told_with_what_it_may_be():
    assert words(sight(1 / 6, letters=False)) == (
        "0.1667 times the right one: 1/6, and 6 is the length of axis 2 of dy"
    )
    assert words(sight(4)) == "4 times the right one: 4 is B"
    assert words(sight(0.5)) == "0.5 times the right one"  # a 2 may be anything


def test_where_there_is_no_factor():
    assert words(sight(3, SMALL), sight(11, ODD)) is None
    assert words(sight(0)) is None
    assert words(sight(7, close=0.02)) is None  # float32 can't tell
    assert of_factor("y", [sight(7)]) is None
    other = sight(7)
    assert words(other._replace(came=other.came + 0.01)) is None


def test_one_number_proves_nothing():
    one = sight(7)
    one = one._replace(came=one.came[:1, :1], right=one.right[:1, :1])
    assert words(one) is None
    assert words(one, one) == "7 times the right one: 7 is M"


def test_ratio():
    one = sight(7)
    assert ratio(one) == pytest.approx(7)
    zero = np.zeros((3, 2))
    assert np.isnan(ratio(one._replace(came=zero, right=zero)))
    assert ratio(one._replace(right=zero)) is None
    assert ratio(one._replace(came=zero + np.nan)) is None
    assert ratio(one._replace(came=one.came[:1])) is None


def test_the_axes_of_an_input_are_sizes_too():
    windows = [(3, 3), (2, 1), (5, 2)]
    sights = [sight(1 / (down * across)) for down, across in windows]
    for one, window in zip(sights, windows, strict=True):
        one.at.w = np.ones((*window, 6, 7))
    assert words(*sights) == "1/the length of axes 0 and 1 of w together times the right one"

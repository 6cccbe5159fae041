from types import SimpleNamespace

import numpy as np
import pytest

from minivit.checking.diagnosis.likely import likely, of_values
from minivit.checking.diagnosis.sight import Sight
from minivit.checking.student.causes.cause import Cause

RIGHT = np.random.default_rng(0).standard_normal((2, 3, 4))
THREEFOLD = Cause("threefold", "s", "h", "l", lambda at: {"dx": 3 * at.right["dx"]})


def draws(came, wrong=True):
    output = np.ones(3)
    views = [SimpleNamespace(dy=r, output=output, right={"dx": r}, letters=None) for r in RIGHT]
    return [Sight(*one, wrong, 1e-6) for one in zip(came, RIGHT, views, strict=True)]


@pytest.mark.parametrize(
    ("came", "name"),
    [
        (3 * RIGHT, "threefold"),  # a known mistake before a mere factor
        (5 * RIGHT, "constant-factor"),
        (np.full_like(RIGHT, np.nan), "no-numbers"),
        (np.array([RIGHT[0], RIGHT[0]]), "upstream-ignored"),
        (RIGHT + 1, None),
    ],
)
def test_the_first_that_knows(came, name):
    found = likely([THREEFOLD], "dx", draws(came))
    assert (found and found.name) == name


def test_right_results_speak_against_a_cause_and_not_against_a_factor():
    sights = [*draws(5 * RIGHT), *draws(RIGHT, wrong=False)]
    assert likely([THREEFOLD], "dx", sights).name == "constant-factor"
    sights = [*draws(3 * RIGHT), *draws(RIGHT, wrong=False)]
    assert likely([THREEFOLD], "dx", sights).name == "constant-factor"


def test_where_nothing_is_wrong_there_is_no_cause():
    assert of_values("dx", []) is None
    assert likely([THREEFOLD], "dx", draws(RIGHT, wrong=False)) is None

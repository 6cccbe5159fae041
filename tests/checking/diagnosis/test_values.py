from types import SimpleNamespace

import numpy as np

from minivit.checking.diagnosis.sight import Sight
from minivit.checking.diagnosis.values import of_draws, of_no_numbers

RIGHT = np.random.default_rng(0).standard_normal((2, 3, 4))


def draws(came, right=RIGHT):
    """Two draws of dy at one point."""
    at = SimpleNamespace(output=np.ones(3))
    return [Sight(np.asarray(c), r, at, True, 1e-6) for c, r in zip(came, right, strict=True)]


def test_no_numbers_wherever_it_is_wrong():
    bad = np.where(RIGHT > 0, np.nan, RIGHT)
    assert of_no_numbers(draws(bad)).name == "no-numbers"
    assert of_no_numbers(draws(np.full_like(RIGHT, np.inf)))
    assert of_no_numbers([*draws(bad), *draws(2 * RIGHT)]) is None


def test_the_same_for_every_dy():
    assert of_draws(draws([RIGHT[0], RIGHT[0]])).name == "upstream-ignored"
    assert of_draws(draws(2 * RIGHT)) is None
    assert of_draws([*draws([RIGHT[0], RIGHT[0]]), *draws(2 * RIGHT)]) is None


def test_other_points_may_have_other_gradients():
    """Draws are compared with those of the same point alone."""
    assert of_draws([*draws([RIGHT[0]] * 2), *draws([RIGHT[1]] * 2)]).name == "upstream-ignored"


def test_zeros_and_one_draw_alone_tell_nothing():
    assert of_draws(draws(np.zeros_like(RIGHT))) is None
    assert of_draws(draws(RIGHT[:1], RIGHT[1:])) is None
    assert of_draws(draws([np.ones(3)] * 2, [np.zeros(3)] * 2)) is None

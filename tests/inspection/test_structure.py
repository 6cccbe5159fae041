"""How much order there is in positions and filters whose order is known beforehand."""

import numpy as np
import pytest

from minivit import InputError
from minivit.inspection import chance_share, nearness, row_column_share, smoothness


def drawn(*shape):
    return np.random.default_rng(7).standard_normal(shape)


def on_circles(rows, columns, turn):
    """Positions whose cosines fall with the distance, as long as it is small."""
    r, c = np.indices((rows, columns)).reshape(2, -1) * turn
    return np.stack([np.cos(r), np.sin(r), np.cos(c), np.sin(c)], axis=1)


def test_near_places_with_like_positions_have_nearness():
    assert nearness(on_circles(5, 4, 0.3), (5, 4)) > 0.9
    assert nearness(drawn(20, 200), (5, 4)) == pytest.approx(0, abs=0.2)
    assert nearness(np.ones((20, 3)), (5, 4)) == 0
    by_hand = np.eye(4)[[0, 0, 1, 1]]  # rows alike: cosine 1 at distance 1, 0 at 1 and root 2
    cosines, near = [1, 0, 0, 0, 0, 1], [-1, -1, -(2**0.5), -(2**0.5), -1, -1]
    assert nearness(by_hand, (2, 2)) == pytest.approx(np.corrcoef(cosines, near)[0, 1])


def test_a_vector_of_the_row_plus_one_of_the_column_is_all_of_the_variance():
    rows, columns = drawn(5, 1, 6), drawn(1, 4, 6)
    table = 3 + (rows + columns).reshape(20, 6)
    assert row_column_share(table, (5, 4)) == pytest.approx(1)
    crossed = (rows * columns).reshape(5, 4, 6)
    crossed -= crossed.mean(axis=0, keepdims=True)
    crossed -= crossed.mean(axis=1, keepdims=True)
    assert row_column_share(crossed.reshape(20, 6), (5, 4)) == pytest.approx(0, abs=1e-12)
    assert row_column_share(np.ones((20, 6)), (5, 4)) == 0
    assert row_column_share(drawn(20, 6), (4, 5)) < 0.6


def test_by_chance_it_is_the_part_of_the_degrees_of_freedom():
    many = drawn(20, 20_000)  # each column a table of its own
    assert chance_share((5, 4)) == 7 / 19
    assert row_column_share(many, (5, 4)) == pytest.approx(7 / 19, abs=0.01)


def test_smoothness_of_one_colour_of_chequers_and_of_noise():
    flat, chequered = np.ones((4, 4, 1, 3)), (-1.0) ** np.indices((4, 4)).sum(axis=0)
    assert smoothness(flat) == 1 and smoothness(chequered[..., None, None]) == -1
    assert abs(smoothness(drawn(4, 4, 3, 2000))) < 0.01 and smoothness(0 * flat) == 0
    striped = np.ones((2, 2, 1, 1))
    striped[1] = -1  # two pairs along the rows alike, two along the columns opposite
    assert smoothness(striped) == 0
    both = np.concatenate([10 * flat, chequered[..., None, None]], axis=3)
    assert smoothness(both) == pytest.approx((300 - 1) / (300 + 1))


def test_what_has_no_order_to_measure_is_refused():
    with pytest.raises(InputError, match=r"positions have shape \(6, 2\) and the grid is \(2, 2\)"):
        nearness(np.ones((6, 2)), (2, 2))
    with pytest.raises(InputError, match="two rows and columns or more"):
        row_column_share(np.ones((4, 2)), (1, 4))
    with pytest.raises(InputError, match="more than one pixel"):
        smoothness(np.ones((1, 1, 3, 8)))

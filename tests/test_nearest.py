"""The nearest name in messages."""

import pytest

from minivit.nearest import nearest


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("--epoch", ["--epochs", "--out"], "; the nearest is --epochs"),
        ("--zebra", ["--epochs", "--out"], ""),
        ("b16", ["B/16", "B/32"], "; the nearest is B/16"),
        (["B/16"], ["digits"], ""),
        ("help", [], ""),
    ],
)
def test_the_nearest_is_named_where_one_is_near(name, known, found):
    assert nearest(name, known) == found

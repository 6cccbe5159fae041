import pytest

from minivit.checking.diagnosis.shapes import of_shape


@pytest.mark.parametrize(
    ("came", "right", "name"),
    [
        ((3, 2), (2, 3), "transposed"),
        ((2, 5, 4), (2, 4, 5), "transposed"),
        ((3,), (1, 3), "axis-lost"),
        ((2, 3, 1), (2, 3), "axis-lost"),
        ((), (1, 1), "axis-lost"),
        ((4, 5, 6), (6,), "not-summed"),
        ((4, 6), (1, 6), None),
        ((4, 6), (), "not-summed"),
        ((0, 3), (2, 3), None),
        ((6,), (4, 6), None),
    ],
)
def test_what_a_shape_tells(came, right, name):
    found = of_shape(came, right)
    assert (found and found.name) == name

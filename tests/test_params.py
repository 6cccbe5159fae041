import numpy as np
import pytest

from minivit.params import Layout, NamedArrays

SHAPES = {"b": (3,), "w": (2, 4), "gain": (1,), "u": (5,)}


@pytest.fixture
def layout():
    return Layout(SHAPES, {"w", "u"})


def test_decayed_arrays_come_first_in_memory_and_names_keep_their_order(layout):
    assert layout.size == 17
    assert layout.decayed == 13
    arrays = NamedArrays(layout, np.float32)
    assert list(arrays) == list(SHAPES)
    for name in SHAPES:
        arrays[name] = np.full(SHAPES[name], 1.0 if name in "wu" else 2.0)
    assert (arrays.flat[:13] == 1).all()
    assert (arrays.flat[13:] == 2).all()


def test_every_element_belongs_to_one_name(layout):
    arrays = NamedArrays(layout, np.float64)
    for array in arrays.values():
        array += 1
    assert (arrays.flat == 1).all()


def test_names_are_views(layout):
    arrays = NamedArrays(layout, np.float64)
    arrays["w"][1, 2] = 5
    assert (arrays.flat == 5).sum() == 1
    arrays.flat[:] = 7
    assert (arrays["b"] == 7).all()
    view = arrays["b"]
    arrays["b"] = [1, 2, 3]  # writes through the view; it does not replace it
    assert np.array_equal(view, [1, 2, 3])
    arrays["b"] += 1
    assert np.array_equal(view, [2, 3, 4])
    assert arrays["b"] is view


def test_two_roles_share_the_layout(layout):
    parameters, gradients = NamedArrays(layout, np.float64), NamedArrays(layout, np.float64)
    gradients["u"] = np.arange(5)
    parameters.flat[:] = gradients.flat
    assert np.array_equal(parameters["u"], np.arange(5))


@pytest.mark.parametrize("use", [lambda a: a.flat, lambda a: a["w"], lambda a: a.values()])
def test_comes_into_being_on_first_use(layout, use):
    arrays = NamedArrays(layout, np.float32)
    assert len(arrays) == 4
    assert "w" in list(arrays)
    arrays.zero()
    assert arrays._flat is None
    list(use(arrays))
    assert arrays._flat is not None
    assert arrays.flat.dtype == np.float32
    assert not arrays.flat.any()


def test_zero(layout):
    arrays = NamedArrays(layout, np.float64)
    arrays["u"] = np.arange(5)
    arrays.zero()
    assert not arrays.flat.any()


def test_unknown_names_and_shapes(layout):
    arrays = NamedArrays(layout, np.float64)
    assert arrays.get("none") is None
    assert "none" not in arrays
    with pytest.raises(KeyError):
        arrays["none"]
    with pytest.raises(ValueError, match="broadcast"):
        arrays["w"] = np.zeros((4, 2))


def test_nothing_at_all():
    arrays = NamedArrays(Layout({}, set()), np.float64)
    assert arrays.flat.size == 0
    assert dict(arrays) == {}

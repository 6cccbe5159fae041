import copy
import pickle
from functools import partial

import numpy as np
import pytest

from minivit.destinations import gradient_like
from minivit.models.stand_ins import StandIns
from minivit.params import Buffer, Layout, NamedArrays, Parameter


def counting(start, rng, shape):
    return start + np.arange(np.prod(shape)).reshape(shape)


def drawn(rng, shape):
    return rng.random(shape)


DECLARED = {
    "one": {
        "b": Parameter((3,), partial(counting, 100)),
        "w": Parameter((2, 4), drawn, decayed=True),
        "absent": None,
    },
    "two": {"gain": Parameter((1,), drawn), "u": Parameter((5,), drawn, decayed=True)},
}
NAMES = ["one.b", "one.w", "two.gain", "two.u"]


@pytest.fixture
def layout():
    return Layout(DECLARED)


def test_decayed_arrays_come_first_in_memory_and_names_keep_their_order(layout):
    assert layout.size == 17
    assert layout.decayed == 13
    arrays = NamedArrays(layout, np.float32)
    assert list(arrays) == NAMES
    for name, shape in layout.shapes.items():
        arrays[name] = np.full(shape, 1.0 if layout.is_decayed(name) else 2.0)
    assert (arrays.flat[:13] == 1).all()
    assert (arrays.flat[13:] == 2).all()


def test_a_part_keeps_the_order_and_what_is_declared(layout):
    part = layout.part(["two.u", "one.b", "one.w"])
    assert list(part.shapes) == ["one.b", "one.w", "two.u"]
    assert part.parameters["one.w"] is layout.parameters["one.w"]
    assert (part.offsets, part.decayed) == ({"one.w": 0, "two.u": 8, "one.b": 13}, 13)
    assert layout.part(NAMES) is layout
    assert layout.part([]).size == 0


def test_every_element_belongs_to_one_name(layout):
    arrays = NamedArrays(layout, np.float64)
    for array in arrays.values():
        array += 1
    assert (arrays.flat == 1).all()


def test_names_are_views(layout):
    arrays = NamedArrays(layout, np.float64)
    arrays["one.w"][1, 2] = 5
    assert (arrays.flat == 5).sum() == 1
    arrays.flat[:] = 7
    assert (arrays["one.b"] == 7).all()
    view = arrays["one.b"]
    arrays["one.b"] = [1, 2, 3]  # writes through the view; it does not replace it
    assert np.array_equal(view, [1, 2, 3])
    arrays["one.b"] += 1
    assert np.array_equal(view, [2, 3, 4])
    assert arrays["one.b"] is view


def test_a_place_hands_out_its_arrays_in_the_order_of_its_op(layout):
    arrays = NamedArrays(layout, np.float64)
    b, w, absent = arrays.of("one")
    assert b is arrays["one.b"]
    assert w is arrays["one.w"]
    assert absent is None
    with pytest.raises(KeyError):
        arrays.of("three")


def test_gradients_are_added_and_the_first_is_handed_on(layout):
    gradients, dx = NamedArrays(layout, np.float64), np.ones(2)
    for _ in range(2):
        assert gradients.add("one", (dx, np.arange(3), np.full((2, 4), 5), None)) is dx
    assert np.array_equal(gradients["one.b"], [0, 2, 4])
    assert (gradients["one.w"] == 10).all()
    assert not gradients["two.u"].any()
    with pytest.raises(ValueError, match="shorter"):
        gradients.add("two", (dx, np.ones(1)))


def test_what_is_added_first_may_replace(layout):
    """In `replaced` the first gradient of an array takes its place, others are added, and arrays
    without one become 0: also where something goes wrong in between."""
    gradients, parameters = (NamedArrays(layout, np.float64) for _ in range(2))
    gradients.flat[:] = 7
    of_one = None, np.arange(3), np.full((2, 4), 5), None
    with gradients.replaced(parameters):
        gradients.add("one", of_one)
        gradients.add("one", of_one)
    assert np.array_equal(gradients["one.b"], [0, 2, 4])
    assert (gradients["one.w"] == 10).all() and not gradients["two.u"].any()
    gradients.add("one", of_one)
    assert (gradients["one.w"] == 15).all()
    with pytest.raises(ZeroDivisionError), gradients.replaced(parameters):
        raise ZeroDivisionError
    assert not gradients.flat.any()
    assert gradients.version == 2


def test_what_was_written_in_place_is_not_added_again(layout):
    gradients, parameters = (NamedArrays(layout, np.float64) for _ in range(2))
    gradients.flat[:] = 7
    with gradients.replaced(parameters):
        dw = gradient_like(parameters["one.w"])
        dw[...] = 3
        assert (gradients["one.w"] == 3).all()
        gradients.add("one", (None, np.arange(3), dw, None))
        again = gradient_like(parameters["one.w"])
        again[...] = 2
        gradients.add("one", (None, np.arange(3), again, None))
    assert (gradients["one.w"] == 5).all() and np.array_equal(gradients["one.b"], [0, 2, 4])


def test_a_sum_is_not_written_over(layout):
    """The first gradient may come from an op that writes nothing in place, the second from one that
    would: it gets an array of its own."""
    gradients, parameters = (NamedArrays(layout, np.float64) for _ in range(2))
    with gradients.replaced(parameters):
        gradients.add("one", (None, np.arange(3), np.full((2, 4), 5), None))
        dw = gradient_like(parameters["one.w"])
        dw[...] = 2
        gradients.add("one", (None, np.arange(3), dw, None))
    assert (gradients["one.w"] == 7).all()


def test_every_array_begins_as_declared(layout):
    arrays, same, other = (NamedArrays(layout, np.float32) for _ in range(3))
    arrays.begin(3), same.begin(3), other.begin(4)
    assert np.array_equal(arrays["one.b"], [100, 101, 102])
    rng = np.random.default_rng(3)  # the model's order, one generator, numbers of float64
    for name in ("one.w", "two.gain", "two.u"):
        expected = rng.random(layout.shapes[name]).astype(np.float32)
        assert np.array_equal(arrays[name], expected)
    assert np.array_equal(arrays.flat, same.flat)
    assert not np.array_equal(arrays.flat, other.flat)


def test_two_roles_share_the_layout(layout):
    parameters, gradients = NamedArrays(layout, np.float64), NamedArrays(layout, np.float64)
    gradients["two.u"] = np.arange(5)
    parameters.flat[:] = gradients.flat
    assert np.array_equal(parameters["two.u"], np.arange(5))


@pytest.mark.parametrize(
    "use", [lambda a: a.flat, lambda a: a["one.w"], lambda a: a.values(), lambda a: a.of("one")]
)
def test_comes_into_being_on_first_use(layout, use):
    arrays = NamedArrays(layout, np.float32)
    assert len(arrays) == 4
    assert "one.w" in list(arrays)
    arrays.zero()
    assert arrays._flat is None
    list(use(arrays))
    assert arrays._flat is not None
    assert arrays.flat.dtype == np.float32
    assert not arrays.flat.any()


@pytest.mark.parametrize(
    "copied",
    [copy.copy, copy.deepcopy, lambda a: pickle.loads(pickle.dumps(a))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("used", [True, False])
def test_a_copy_is_whole_and_its_own(layout, copied, used):
    arrays = NamedArrays(layout, np.float64)
    if used:
        arrays.begin(0)
    twin = copied(arrays)
    assert np.array_equal(twin.flat, arrays.flat)
    assert not np.shares_memory(twin.flat, arrays.flat)
    for name in NAMES:
        assert np.shares_memory(twin[name], twin.flat)
    twin.flat[:] = 9
    assert (twin["one.w"] == 9).all()
    assert not (arrays["one.w"] == 9).any()


def test_zero(layout):
    arrays = NamedArrays(layout, np.float64)
    arrays["two.u"] = np.arange(5)
    arrays.zero()
    assert not arrays.flat.any()


def test_unknown_names_and_shapes(layout):
    arrays = NamedArrays(layout, np.float64)
    for name in ("none", "one.absent", None):
        assert arrays.get(name) is None
        assert name not in arrays
        with pytest.raises(KeyError):
            arrays[name]
    with pytest.raises(ValueError, match="broadcast"):
        arrays["one.w"] = np.zeros((4, 2))


def test_nothing_at_all():
    arrays = NamedArrays(Layout({}), np.float64)
    assert arrays.flat.size == 0
    assert dict(arrays) == {}


def test_stand_ins_have_the_shapes_and_take_no_memory():
    huge = Layout({"one": {"w": Parameter((10**6, 10**6), drawn), "absent": None}})
    w, absent = StandIns(huge).of("one")
    assert w.shape == (10**6, 10**6)
    assert w.strides == (0, 0)
    assert absent is None


def test_counts(layout):
    assert [layout.count(place) for place in ("one", "two", "three")] == [11, 6, 0]


def test_an_array_that_places_share_is_one_and_counts_once():
    shared = {"all": {"t": Parameter((2,), drawn)}}
    users = {name: {"w": Parameter((3,), drawn), "t": "all.t"} for name in ("one", "two")}
    layout = Layout(shared | users)
    assert list(layout.shapes) == ["all.t", "one.w", "two.w"]
    assert [layout.count(place) for place in ("all", "one", "two")] == [2, 3, 3]
    gradients = NamedArrays(layout, np.float64)
    for place in ("one", "two"):
        w, t = gradients.of(place)
        assert t is gradients["all.t"]
        gradients.add(place, (None, np.zeros(3), np.array([1.0, 2.0])))
    assert gradients["all.t"].tolist() == [2.0, 4.0]
    assert [array.shape for array in StandIns(layout).of("two")] == [(3,), (2,)]


def test_the_version_grows_with_every_change(layout):
    arrays, seen = NamedArrays(layout, np.float64), [0]
    arrays["one.b"] = 1
    seen.append(arrays.version)
    arrays["one.b"] += 1
    seen.append(arrays.version)
    arrays.begin(0)
    seen.append(arrays.version)
    arrays.zero()
    seen.append(arrays.version)
    assert seen == sorted(set(seen))
    arrays.add("one", (None, np.ones(3), np.ones((2, 4)), None))  # what a backward does
    assert arrays.version == seen[-1]


def test_shown_in_a_few_lines(layout):
    lines = repr(NamedArrays(layout, np.float32)).splitlines()
    assert lines[0] == "4 arrays, 17 numbers of float32"
    assert lines[1:] == [f"  {name:<8}  {shape}" for name, shape in layout.shapes.items()]
    many = Layout({"one": {f"w{i}": Parameter((i,), drawn) for i in range(100)}})
    lines = repr(NamedArrays(many, np.float32)).splitlines()
    assert len(lines) == 22
    assert lines[11] == "  ... 80 more"
    assert (lines[1], lines[-1]) == ("  one.w0   (0,)", "  one.w99  (99,)")
    assert repr(NamedArrays(Layout({}), np.float32)) == "0 arrays, 0 numbers of float32"


def test_names_are_completed(layout):
    assert NamedArrays(layout, np.float32)._ipython_key_completions_() == list(layout.shapes)


KEPT = {
    "norm": {
        "gain": Parameter((2,), drawn),
        "mean": Buffer((2,), partial(counting, 5)),
        "var": Buffer((3,), partial(counting, 7), least=0),
    },
    **DECLARED,
}


def test_buffers_have_a_vector_of_their_own_and_begin_as_declared():
    layout = Layout(KEPT)
    assert [*layout.shapes] == ["norm.gain", *NAMES] and layout.size == 19
    assert layout.places["norm"] == ("norm.gain",)
    assert layout.buffers.places == {"norm": ("norm.mean", "norm.var")}
    arrays = NamedArrays(layout, np.float32)
    assert [array.tolist() for array in arrays.buffers.of("norm")] == [[5, 6], [7, 8, 9]]
    assert arrays.buffers.dtype == np.float32
    arrays.buffers.put("norm", [np.ones(2), np.full(3, 2.0)])
    assert arrays.buffers.flat.tolist() == [1, 1, 2, 2, 2]
    assert Layout(DECLARED).buffers.size == 0


def pickled(arrays):
    return pickle.loads(pickle.dumps(arrays))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_a_copy_has_buffers_of_its_own(copied):
    arrays = NamedArrays(Layout(KEPT), np.float64)
    arrays.buffers.flat[:] = 3
    other = copied(arrays)
    other.buffers.flat[:] += 1
    assert (arrays.buffers.flat == 3).all() and (other.buffers.flat == 4).all()


def test_arrays_become_others_with_their_buffers():
    layout = Layout(KEPT)
    arrays, other = NamedArrays(layout, np.float32), NamedArrays(layout, np.float64)
    other.begin(0)
    other.buffers.flat[:] = 3
    arrays.become(other)
    assert arrays.version == 1 and (arrays.buffers.flat == 3).all()
    assert np.array_equal(arrays.flat, other.flat.astype(np.float32))
    other.flat[:], other.buffers.flat[:] = 0, 0
    assert arrays.flat.any() and arrays.buffers.flat.all()

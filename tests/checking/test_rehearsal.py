"""What the second process compiles is what a training step needs, all of it and nothing else."""

import threading
import time

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from minivit import backend, kernels  # noqa: E402
from minivit.checking import rehearsal  # noqa: E402
from minivit.kernels.attention_lanes.choice import in_lanes  # noqa: E402
from minivit.kernels.by_rows import choice  # noqa: E402
from minivit.kernels.by_rows.cut import ADDED_UP, WRITTEN  # noqa: E402
from minivit.kernels.compiling.by_address import ByAddress  # noqa: E402
from minivit.kernels.compiling.shared import Shared  # noqa: E402
from minivit.kernels.product.bf16.instructions import instruction  # noqa: E402
from minivit.models import ViT, ViTConfig  # noqa: E402
from minivit.ops.attention import PLAIN  # noqa: E402

pytestmark = pytest.mark.skipif(numba.config.DISABLE_JIT, reason="nothing is compiled")


FLOAT32 = {"precision": "float32"}
EMULATED = {"precision": "bf16", "emulate": True}
BF16 = EMULATED if instruction() is None else {"precision": "bf16"}


@pytest.fixture(autouse=True)
def on_kernels():
    with backend.use("numba"):
        yield


def signatures(calls) -> set:
    return {(kernel.function.__name__, *map(numba.typeof, given)) for kernel, given in calls}


def rehearsed(dtype, config) -> set:
    calls = rehearsal.rehearse(dtype, config).values()
    return signatures((kernel, given) for kernel, _, given in calls)


@pytest.mark.parametrize(
    ("dtype", "precision"),
    [("float32", FLOAT32), ("float64", FLOAT32), ("float32", BF16), ("float32", EMULATED)],
    ids=["float32", "float64", "bf16", "emulated"],
)
@pytest.mark.parametrize(
    ("rehearsed_model", "side", "width"),
    [
        (rehearsal.SHORT, 3, 24),
        (rehearsal.LONG, 16, 24),
        (rehearsal.LONGER, 35, 24),
        (rehearsal.PACKED, 16, 200),
        (rehearsal.PACKED_LONGER, 35, 200),
        (rehearsal.LARGE, 16, 400),
        (rehearsal.WIDE, 2, 768),
        (rehearsal.WIDE_LONGER, 35, 768),
    ],
)
def test_a_real_step_needs_just_that(dtype, precision, rehearsed_model, side, width, monkeypatch):
    with backend.use("numba", **precision):
        expected = rehearsed(dtype, rehearsed_model)
    calls, call, at = [], Shared.__call__, ByAddress.at

    def noted(kernel, kind, shares, *arguments):
        calls.append((kernel, arguments))
        call(kernel, kind, shares, *arguments)

    def piece_noted(piece, kind, *arguments):
        calls.append((piece, arguments))
        return at(piece, kind, *arguments)

    monkeypatch.setattr(Shared, "__call__", noted)
    monkeypatch.setattr(ByAddress, "at", piece_noted)
    config = ViTConfig(
        image=(4 * side, 8), channels=3, patch=(4, 2), width=width, depth=3, heads=4,
        mlp=3 * width, classes=5,
    )  # fmt: skip
    with backend.use("numba", **precision):
        rehearsal.step(ViT(config, dtype=np.dtype(dtype), zero_head=False))
    assert signatures(calls) == expected


def test_every_kernel_of_a_step_is_in_it():
    """A new one that is in nobody's half is a `small_op`, or the step must be told of it."""
    calls = rehearsal.rehearse("float32", rehearsal.SHORT).values()
    names = {kernel.function.__name__ for kernel, _, _ in calls if isinstance(kernel, Shared)}
    assert names == set(kernels.compiling.start.kernels)


def test_each_goes_another_way():
    x = {side: np.zeros((rehearsal.IMAGES, side**2 + 1, 768), np.float32) for side in (2, 3, 8, 16)}
    for config, side, width, by_rows, afterwards in [
        (rehearsal.SHORT, 2, 8, True, False), (rehearsal.LONG, 8, 8, True, False),
        (rehearsal.PACKED, 2, 152, True, False), (rehearsal.LARGE, 2, 304, True, True),
        (rehearsal.WIDE, 2, 520, False, True),
    ]:  # fmt: skip
        rows, w = x[side][..., :width], np.zeros((width, 3 * width), np.float32)
        assert (config.width, config.mlp) == (width, 3 * width)
        assert choice.mlp_by_rows(rows, w) == by_rows
        assert choice.attention_by_rows(rows, w, w[:, :width], None, 2, PLAIN) == by_rows
        assert choice.way_of_gradients(w, 1) == (WRITTEN if afterwards else ADDED_UP)
    lanes = in_lanes((rehearsal.IMAGES, 2, 5, 4), 4)
    assert (rehearsed("float32", rehearsal.SHORT) == rehearsed("float32", rehearsal.LONG)) != lanes


@pytest.mark.parametrize("precision", [FLOAT32, BF16, EMULATED], ids=str)
def test_models_that_call_the_same_are_one(precision):
    """Else it would never show which of them the other process has."""
    with backend.use("numba", **precision):
        found = [set(calls) for calls in rehearsal.rehearse_all("float32")]
        assert all(found.count(one) == 1 for one in found)
        assert all(set(rehearsal.rehearse("float32", one)) in found for one in rehearsal.MODELS)


ATTENTION = {"forward_in_lanes", "forward_in_chunks", "forward_in_bf16", "forward_share",
             "forward_share_bf16"}  # fmt: skip


@pytest.mark.skipif(instruction() is None, reason="no instruction that multiplies bfloat16")
def test_in_bf16_each_goes_a_way_of_its_own():
    """How it attends, and whether it packs operands for the gradients of weights."""
    with backend.use("numba", precision="bf16"):
        steps = rehearsal.rehearse_all("float32")
    names = [{rehearsal.name(key) for key in calls} for calls in steps]
    assert [(*(ATTENTION & one), "pack_operands" in one) for one in names] == [
        ("forward_in_lanes", False), ("forward_in_chunks", False), ("forward_in_bf16", False),
        ("forward_in_chunks", True), ("forward_in_bf16", True),
        ("forward_share", False), ("forward_share_bf16", False),
    ]  # fmt: skip


class Piece:
    def __init__(self, name):
        self.function = type(name, (), {})


@pytest.fixture
def other(monkeypatch):
    """Models whose steps call a way of their own between what all, or two, call."""
    names = ("first", "last", "short", "long", "wide", "narrow")
    pieces = {name: Piece(name) for name in names}
    steps = [("first", "short", "narrow", "last"), ("first", "long", "narrow", "last"),
             ("first", "wide", "last")]  # fmt: skip
    calls = [{(pieces[n], "f"): (pieces[n], "f", n) for n in step} for step in steps]
    monkeypatch.setattr(rehearsal, "begun", set())
    monkeypatch.setattr(rehearsal, "compiled", set())
    return calls


def all_compiled(calls) -> list[str]:
    """What is compiled beside the other process, in order, as long as that begins no more."""
    found = []
    while call := rehearsal.next_call(rehearsal.possible(calls)):
        kernel, kind, name = call
        rehearsal.compiled.add((kernel, kind))
        found.append(name)
    return found


def test_until_the_other_shows_its_model_what_several_call_is_compiled(other):
    assert all_compiled(other) == ["last", "narrow", "first"]
    assert len(rehearsal.possible(other)) == 3  # so this process waits
    rehearsal.begun.add("long")
    assert all_compiled(other) == [] and len(rehearsal.possible(other)) == 1


@pytest.mark.parametrize(
    ("begun", "expected"),
    [
        ({"first", "short"}, ["last", "narrow"]),
        ({"first"}, ["last", "narrow"]),
        ({"first", "short", "last"}, ["narrow"]),
        ({"wide", "something else of that process"}, ["last", "first"]),
        ({"narrow", "something else of that process"}, ["last", "first", "short"]),
    ],
)
def test_what_the_other_begins_shows_what_is_needed(other, begun, expected):
    rehearsal.begun |= begun
    assert all_compiled(other) == expected


def test_what_the_other_comes_to_next_is_left_to_it_while_there_is_more(other):
    """Also if all models call that, and one alone calls the rest."""
    keys = {name: (Piece(name), "f") for name in ("begun", "next", "own", "another's")}
    models = [{keys[name]: (*keys[name], name) for name in ("begun", "next", own)}
              for own in ("own", "another's")]  # fmt: skip
    rehearsal.begun.add("begun")
    assert all_compiled(models) == ["own", "next"]


def test_for_one_that_compiles_for_several_models_all_is_compiled(other):
    rehearsal.begun |= {"short", "wide"}
    before = [list(calls) for calls in other]
    assert sorted(all_compiled(other)) == ["first", "last", "long", "narrow"]
    assert [list(calls) for calls in other] == before


def test_it_ends_if_the_other_shows_nothing_more(other, monkeypatch):
    monkeypatch.setattr(rehearsal, "PATIENCE", 0.01)
    monkeypatch.setattr(rehearsal, "compile_call", lambda *call: rehearsal.compiled.add(call[:2]))
    rehearsal.compile_beside(other)
    assert len(rehearsal.possible(other)) == 3 and len(rehearsal.compiled) == 3


def test_it_waits_until_it_is_told_more_and_then_goes_on(other, monkeypatch):
    monkeypatch.setattr(rehearsal, "told", threading.Event())
    done = []

    def compiled(kernel, kind, name):
        rehearsal.compiled.add((kernel, kind))
        done.append(name)

    monkeypatch.setattr(rehearsal, "compile_call", compiled)
    thread = threading.Thread(target=rehearsal.compile_beside, args=(other,), daemon=True)
    thread.start()
    while len(done) < 3 or rehearsal.told.is_set():
        time.sleep(0.001)
    assert thread.is_alive()
    rehearsal.begun.add("long")
    rehearsal.told.set()
    thread.join(timeout=30)
    assert not thread.is_alive() and done == ["last", "narrow", "first"]


@pytest.mark.parametrize("junk", [-1e30, np.nan])
def test_what_lay_in_memory_before_does_not_matter(junk):
    """A kernel that does not run leaves its results as they were: a length of -1, for example."""
    for size in (1, 10, 100, 10_000, 1_000_000):
        np.full(size, junk)  # given back at once
    for config in (rehearsal.SHORT, rehearsal.WIDE):
        calls = rehearsal.rehearse("float64", config)
        assert "_adam_into" in {kernel.function.__name__ for kernel, _ in calls}


def test_it_leaves_the_kernels_as_they_were():
    call = Shared.__call__
    chosen = backend.name()
    rehearsal.rehearse("float64", rehearsal.SHORT)
    assert Shared.__call__ is call and backend.name() == chosen

"""A function that all threads run: every share once, and the types that its kind promises."""

import gc
from collections import defaultdict

import numpy as np
import pytest

numba = pytest.importorskip("numba")

from minivit import InputError, backend, kernels  # noqa: E402
from minivit.checking.twins import compare  # noqa: E402
from minivit.kernels.compiling import shared  # noqa: E402
from minivit.kernels.compiling.address import address_of, address_of_reader  # noqa: E402
from minivit.kernels.compiling.shared import Shared  # noqa: E402
from minivit.models import ViT, ViTConfig  # noqa: E402
from minivit.ops.attention import AttentionOptions  # noqa: E402


@shared
def _marked(share, shares, marks, pair, nothing):
    for i in range(share * marks.size // shares, (share + 1) * marks.size // shares):
        marks[i] += pair[0] * pair[1][i] + share
        if nothing is not None:  # not compiled, where it is None
            marks[i] += nothing


@pytest.mark.parametrize("shares", [0, 1, 2, 5])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_share_runs_once(dtype, shares):
    marks, numbers = np.zeros(10, dtype), np.arange(10, dtype=dtype)
    _marked(marks.dtype, shares, marks, (3, numbers), None)
    expected = np.concatenate(
        [np.full(10 * (s + 1) // shares - 10 * s // shares, s) for s in range(shares)] or [[0] * 10]
    )
    assert np.array_equal(marks, expected + (3 * numbers if shares else 0))


def test_what_is_none_is_another_kind():
    marks, numbers = np.zeros(4), np.ones(4)
    _marked((marks.dtype, True), 1, marks, (1, numbers), 7.0)
    assert np.array_equal(marks, np.full(4, 8.0))


def test_a_kind_has_the_same_types_at_every_call(monkeypatch):
    """The compiled body reads its arguments as the first call's types: another type is garbage."""
    seen, run = defaultdict(set), Shared._on_all_threads

    def noted(self, kind, shares, arguments):
        seen[self, str(kind)].add(tuple(map(numba.typeof, arguments)))
        run(self, kind, shares, arguments)

    for function in [x for x in gc.get_objects() if type(x) is Shared]:
        monkeypatch.setattr(
            function, "_run", lambda k, s, a, function=function: noted(function, k, s, a)
        )
    for dtype in ("float32", "float64"):
        assert all(twin.ok for twin in compare(kernels, dtype))
    with backend.use("numba"):
        train_a_step_of_every_option()
    assert len(seen) > 30
    assert all(len(types) == 1 for types in seen.values()), seen


def train_a_step_of_every_option():
    sizes = {"image": (4, 6), "channels": 1, "patch": (2, 2), "width": 8, "depth": 1, "heads": 2}
    sizes |= {"mlp": 8, "classes": 3}
    images = np.random.default_rng(0).uniform(-1, 1, (3, 4, 6, 1))
    options = [{}, {"top_k": 2}, {"window": 1}, {"attention_dropout": 0.5}]
    options += [{"positions": "relative"}, {"positions": "relative", "top_k": 2, "window": 3}]
    for dtype in (np.float32, np.float64):
        for option in options:
            model = ViT(ViTConfig(**sizes, **option), dtype=dtype, zero_head=False)
            logits, cache = model.forward(images, seed=1)
            model.backward(logits, cache)


def test_other_numbers_are_converted_or_refused():
    """A body would read an int32 as if it were an int64, with whatever lies behind."""
    q = np.random.default_rng(0).standard_normal((1, 2, 9, 4))
    expected, _ = kernels.attention_forward(q, q, q, options=AttentionOptions(top_k=3))
    for top_k in (np.int32(3), np.uint8(3)):
        y, _ = kernels.attention_forward(q, q, q, options=AttentionOptions(top_k=top_k))
        assert np.array_equal(y, expected)
    for top_k in (3.0, True, "3"):
        with pytest.raises(InputError, match=f"top_k is {top_k}, and there are 9 keys"):
            kernels.attention_forward(q, q, q, options=AttentionOptions(top_k=top_k))
    marks, numbers = np.zeros(4), np.ones(4)
    _marked(marks.dtype, 1, marks, (np.int32(3), numbers), None)
    assert np.array_equal(marks, np.full(4, 3.0))
    with pytest.raises(TypeError, match=r"array.float32.* can't be handed over"):
        _marked(marks.dtype, 1, marks, (3, numbers.astype(np.float32)), None)


@pytest.mark.parametrize("decayed", [np.int32(5), np.uint8(5)])
def test_adam_decays_so_many(decayed):
    def stepped(decayed):
        vectors = [np.ones(9), np.full(9, 0.5), np.zeros(9), np.zeros(9)]
        kernels.adam_step(*vectors, step=1, learning_rate=0.1, weight_decay=0.5, decayed=decayed)
        return vectors[0]

    assert np.array_equal(stepped(decayed), stepped(5))


def _same(share, shares, y):
    y[share] = shares


def test_a_function_may_be_compiled_with_a_reader_and_without():
    y, kinds = np.zeros(2), (numba.types.intp, numba.types.intp, numba.float64[::1])
    without = address_of(_same, *kinds)
    shared(_same)(y.dtype, 2, y)
    assert y.tolist() == [2, 2]
    assert without not in (0, address_of_reader(_same, kinds[2:]))

"""Attention in bf16 beside its definition, the NumPy op in bf16, by every instruction there is."""

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit import backend, ops
from minivit.kernels import attention as module
from minivit.kernels import attention_backward, attention_forward
from minivit.kernels.product.bf16 import instructions
from minivit.ops.attention import AttentionOptions
from minivit.ops.chance import Drop
from minivit.ops.product import LONG
from minivit.ops.window import Window

HERE = instructions.available()
WAYS = [*HERE, "emulated"]
SHAPES = [(1, 1, LONG, 16), (2, 1, LONG + 5, 4), (1, 2, LONG + 65, 24)]


@pytest.fixture(params=WAYS)
def way(request, monkeypatch):
    if request.param != "emulated":
        monkeypatch.setattr(module, "instruction_for", lambda dtype: request.param)
    with backend.use("numba", precision="bf16", emulate=request.param == "emulated"):
        yield request.param


def draw(shape, seed=0):
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape).astype(np.float32) for _ in range(4)]


def both(forward, backward, arrays, dy, **options):
    y, cache = forward(*arrays, **options)
    return y, *backward(dy, cache)[:3]


def apart(one, other):
    """The length of the difference, beside the length."""
    return np.linalg.norm(one - other) / np.linalg.norm(other)


def check(way, shape, **options):
    """An intermediate may round to the other side of a half: then a few numbers differ by a step
    of bfloat16. What is not rounded at all is 3e-3 away."""
    *arrays, dy = draw(shape)
    found = both(attention_forward, attention_backward, arrays, dy, **options)
    with backend.use("numpy", precision="bf16"):
        expected = both(ops.attention_forward, ops.attention_backward, arrays, dy, **options)
    with backend.use("numpy"):
        plain = both(ops.attention_forward, ops.attention_backward, arrays, dy, **options)
    for one, other, unrounded in zip(found, expected, plain, strict=True):
        assert apart(one, other) < 5e-4 < 2e-3 < apart(unrounded, other)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_it_is_the_op_in_bf16(way, shape):
    check(way, shape)


def test_with_options(way):
    tokens = LONG + 3
    window = Window((tokens, 1), (40, 1))
    check(way, (1, 2, tokens, 16), options=AttentionOptions(window=window))
    check(way, (1, 2, tokens, 16), drop=Drop(0.3, seed=5))


def test_few_tokens_and_relative_positions_stay_as_they_are(way):
    *arrays, _ = draw((1, 2, LONG - 1, 8))
    y, _ = attention_forward(*arrays)
    with backend.use("numba"):
        assert np.array_equal(y, attention_forward(*arrays)[0])
    *arrays, _ = draw((1, 2, LONG, 8))
    offsets = np.ones((2, 2 * LONG, 8), np.float32)
    y, _ = attention_forward(*arrays, offsets)
    with backend.use("numba"):
        assert np.array_equal(y, attention_forward(*arrays, offsets)[0])


def test_the_arguments_stay_as_they_are(way):
    *arrays, dy = draw((1, 1, LONG, 16))
    kept = [x.copy() for x in (*arrays, dy)]
    both(attention_forward, attention_backward, arrays, dy)
    assert all(np.array_equal(x, y) for x, y in zip((*arrays, dy), kept, strict=True))

"""The inputs that students' layers are called with, and what the ops make of them."""

import functools
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.checking.calls import calls
from minivit.checking.sizes import SMALL, Array, Call, Sizes

ALL_SIZES = {
    "small": SMALL,
    "one of each": Sizes(B=1, T=1, H=1, K=1, M=1, C=2, P=1, grid=(1, 1), channels=1),
    "all alike": Sizes(B=3, T=3, H=3, K=1, M=3, C=3, P=2, grid=(3, 3), channels=3),
    "odd": Sizes(B=2, T=7, H=3, K=5, M=4, C=3, P=3, grid=(3, 1), channels=1),
}
ANY_RANK = "linear", "layernorm", "softmax", "attention", "gelu", "mlp", "relu", "batchnorm"
FAR_APART = "softmax", "attention", "cross_entropy"
FAR_FROM_0 = "layernorm", "groupnorm", "batchnorm"


class Point(NamedTuple):
    """Numbers to call an op with, and what the op makes of them."""

    words: str
    call: Call
    inputs: list
    y: np.ndarray
    dy: np.ndarray
    cache: object
    gradients: tuple


class OfWholeNumbers(Array):
    """An input with many equal numbers."""

    def draw(self, rng, dtype):
        return np.round(super().draw(rng, dtype))


@functools.cache
def points(op: str, dtype) -> list[Point]:
    """In float64 every way to call the op at all sizes; in float32 at the small ones."""
    sizes = ALL_SIZES if dtype is np.float64 else {"small": SMALL}
    found = [(words, call) for words, s in sizes.items() for call in calls(op, s)]
    return [point(words, call, dtype) for words, call in (*found, *hard_calls(op, dtype))]


def point(words: str, call: Call, dtype) -> Point:
    rng = np.random.default_rng(5)
    inputs = call.draw(rng, dtype)
    y, cache = getattr(ops, f"{call.op}_forward")(*inputs, **call.options)
    dy = np.asarray(rng.standard_normal(y.shape)).astype(dtype)
    gradients = as_tuple(getattr(ops, f"{call.op}_backward")(dy, cache))
    return Point(f"{call.name}, {words}", call, inputs, y, dy, cache, gradients)


def hard_calls(op: str, dtype):
    """What the table of calls doesn't hold: other ranks, numbers far apart or far from 0, ties."""
    plain = calls(op)[0]
    if op in ANY_RANK:
        for axes in (2, 3, 5):
            yield f"{axes} axes", plain._replace(inputs=of_rank(axes, *plain.inputs))
    if op in FAR_APART:
        yield "far apart", with_first(plain, spread=1e4)
    if op in FAR_FROM_0 and dtype is np.float64:
        yield "around 1e6", with_first(plain, around=1e6)
    if op == "max_pool":
        yield "ties", plain._replace(inputs=(OfWholeNumbers(*plain.inputs[0]),))
    for call in calls(op):
        if isinstance(drop := call.options.get("drop"), ops.Drop):
            yield (
                "rate 0.3",
                call._replace(options={**call.options, "drop": drop._replace(rate=0.3)}),
            )


def of_rank(axes: int, *inputs: Array | None):
    """The inputs, the tokens among them with so many axes."""
    tokens = inputs[0].shape
    shape = {2: (tokens[0], tokens[-1]), 3: tokens[-3:], 5: (2, 1, *tokens)[-5:]}[axes]
    return tuple(x._replace(shape=shape) if x and x.shape == tokens else x for x in inputs)


def with_first(call: Call, **changes) -> Call:
    return call._replace(inputs=(call.inputs[0]._replace(**changes), *call.inputs[1:]))


def as_tuple(gradients) -> tuple:
    return gradients if isinstance(gradients, tuple) else (gradients,)

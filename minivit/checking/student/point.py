"""A point: inputs to call an op with, and what should come of them, by minivit's own op.

The numbers are drawn from a seed. What should come is computed in float64, of float32 inputs too:
it is the truth that results in either dtype are measured against.
"""

import functools
import inspect
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.checking.law import dy_stream
from minivit.checking.sizes import Array, Call, Sizes

DRAWS = 2  # of dy: two tell a factor from a dy that is ignored


class Numbers(NamedTuple):
    """How the numbers of a point are drawn."""

    seed: int = 0
    decimals: int | None = None  # to which they are rounded; None: as they are drawn


class Point(NamedTuple):
    """Inputs of an op, two upstream gradients, and the right results. All arrays are float64."""

    call: Call
    sizes: Sizes
    dtype: str  # in which the student's function gets them
    special: str  # what is unusual about the numbers or the axes, in words
    inputs: dict[str, np.ndarray | None]
    dys: tuple[np.ndarray, ...]  # one for each draw
    y: np.ndarray
    cache: object  # of minivit's own forward
    gradients: tuple[dict[str, np.ndarray | None], ...]  # for each draw: {"dx": ..., "dw": ...}

    @property
    def op(self) -> str:
        return self.call.op

    def given(self, taken: int | None = None) -> tuple:
        """The inputs in the dtype of the point, for a function that takes so many of them."""
        return tuple(cast(x, self.dtype) for x in list(self.inputs.values())[:taken])

    def views(self) -> list[SimpleNamespace]:
        """What a cause's formula reads, for each draw of dy.

        The inputs and options by their names, dy, and what no op has as a name: `output`, the
        right result of the forward; `right`, the right gradients {"dx": ...}; `cache`, that of
        minivit's own forward; `letters`, the sizes; and `again`, which gives all right results
        for another dy, or for other inputs and options.
        """
        options = defaults(self.op) | self.call.options

        def again(dy, **changes) -> dict:
            inputs = {name: changes.get(name, x) for name, x in self.inputs.items()}
            others = {name: changes.get(name, value) for name, value in options.items()}
            y, _, _ = rightly(self.op, inputs, others)
            if y.shape != dy.shape:  # of other options: there is no gradient for this dy
                return {"y": y}
            return {"y": y, **rightly(self.op, inputs, others, (dy,))[2][0]}

        return [
            SimpleNamespace(**self.inputs, **options, dy=dy, output=self.y, right=right,
                            cache=self.cache, letters=self.sizes, again=again)
            for dy, right in zip(self.dys, self.gradients, strict=True)
        ]  # fmt: skip


def point(call: Call, sizes: Sizes, dtype: str, numbers: Numbers, special: str = "") -> Point:
    """Draw the numbers of a call, and work out what should come. InputError if the op refuses."""
    call = with_labels(call, sizes, numbers)
    rng, upstream = np.random.default_rng(numbers.seed), dy_stream(numbers.seed)
    arrays = [array and drawn(array, rng, numbers, dtype) for array in call.inputs]
    inputs = dict(zip(input_names(call.op), arrays, strict=True))
    shape = rightly(call.op, inputs, call.options)[0].shape
    dys = tuple(rounded(upstream.standard_normal(shape), numbers, dtype) for _ in range(DRAWS))
    return Point(
        call, sizes, dtype, special, inputs, dys, *rightly(call.op, inputs, call.options, dys)
    )


def with_labels(call: Call, sizes: Sizes, numbers: Numbers) -> Call:
    """The call with other labels, if it has some: any classes in any order, as images have them."""
    labels = call.options.get("labels")
    if labels is None or labels.ndim != 1:
        return call
    rng = np.random.default_rng([numbers.seed, 2])
    drawn = rng.integers(sizes.C, size=labels.shape).astype(labels.dtype)
    return call._replace(options={**call.options, "labels": drawn})


def rightly(op: str, inputs: dict, options: dict, dys: tuple = ()) -> tuple:
    """y, the cache, and the gradients {"dx": ...} for each dy, by minivit's own op in NumPy."""
    forward, backward = (getattr(ops, f"{op}_{way}") for way in ("forward", "backward"))
    names = [f"d{name}" for name in inputs]
    with np.errstate(all="ignore"):
        y, cache = forward(*inputs.values(), **options)
        gradients = [as_tuple(backward(dy, cache)) for dy in dys]
    return np.asarray(y), cache, tuple(dict(zip(names, g, strict=True)) for g in gradients)


def drawn(array: Array, rng: np.random.Generator, numbers: Numbers, dtype: str) -> np.ndarray:
    """float64 numbers that `dtype` can hold, one by one."""
    return rounded(array.draw(rng, "float64"), numbers, dtype)


def rounded(x, numbers: Numbers, dtype: str) -> np.ndarray:
    x = np.asarray(x if numbers.decimals is None else np.round(x, numbers.decimals) + 0.0)
    return x.astype(dtype).astype("float64")


def cast(x: np.ndarray | None, dtype: str) -> np.ndarray | None:
    """A copy in a dtype; None stays None."""
    return None if x is None else x.astype(dtype)


def input_names(op: str) -> list[str]:
    """The float arrays that an op takes: x, gamma, beta."""
    return [p.name for p in parameters(op) if p.kind is not p.KEYWORD_ONLY]


def option_names(op: str) -> set[str]:
    return {p.name for p in parameters(op) if p.kind is p.KEYWORD_ONLY}


def defaults(op: str) -> dict:
    """The options of an op that have a default: {"eps": 1e-6}."""
    options = [p for p in parameters(op) if p.kind is p.KEYWORD_ONLY]
    return {p.name: p.default for p in options if p.default is not p.empty}


@functools.cache
def parameters(op: str) -> list[inspect.Parameter]:
    """What an op takes, but for the notes that it makes for a trace."""
    taken = inspect.signature(getattr(ops, f"{op}_forward")).parameters.values()
    return [p for p in taken if p.name != "note"]


def as_tuple(gradients) -> tuple:
    return gradients if isinstance(gradients, tuple) else (gradients,)

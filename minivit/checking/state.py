"""Does an op keep something from one call to the next? A call on other inputs brings it to light.

y, cache = forward(x);  dx = backward(dy, cache)        what is looked at
forward(other);  backward(other dy, other cache)        may change none of y, cache and dx
"""

import copy
from collections.abc import Callable, Mapping
from types import FunctionType, ModuleType
from typing import NamedTuple

import numpy as np

from minivit.checking.law import alike, equal, split_gradients

KEEPS = "the op keeps state between calls: "


class Results(NamedTuple):
    """What a forward and a backward returned, not copied, and a copy of y made at once."""

    y: np.ndarray
    y_then: np.ndarray
    cache: object
    dy: np.ndarray
    gradients: Mapping  # {input: its gradient}


def kept_state(
    run: Callable, backward: Callable, inputs: Mapping, first: Results, rng: np.random.Generator
) -> list[str]:
    """Sentences on what the op keeps; `run(inputs)` gives y and cache."""
    cached = arrays_in(first.cache)
    held, gradients = [array.copy() for array in cached], copy.deepcopy(first.gradients)
    call_on_others(run, backward, inputs, rng)
    found = []
    if not equal(first.y, first.y_then):
        found.append("the forward returns y in an array that the next call overwrites")
    overwritten = not all(map(equal, cached, held))
    if overwritten:
        found.append("the cache holds an array that the next call overwrites")
    names = [name for name, g in gradients.items() if not equal(first.gradients[name], g)]
    if names:
        found.append(
            f"the backward returns the gradient of {', '.join(names)} in an array that the next "
            "call overwrites"
        )
    late = split_gradients(backward(first.dy.copy(), first.cache), list(inputs))
    if not overwritten and not all(alike(late[name], g) for name, g in gradients.items()):
        found.append(
            "the backward uses what the last call left behind, and must take all from its cache"
        )
    if not alike(run(copy.deepcopy(inputs))[0], first.y_then):
        found.append("the forward gives another result after a call on other inputs")
    return [KEEPS + what for what in found]


def call_on_others(run: Callable, backward: Callable, inputs: Mapping, rng) -> None:
    """Forward and backward on the same numbers in another order, a little smaller.

    Most ops that take the first numbers take these, too. One that does not, such as a Cholesky
    decomposition, gets the smaller ones in their order.
    """
    for order in (upside_down, np.copy):
        others = {
            name: x if x is None else order(x) * rng.uniform(0.99, 1, x.shape)
            for name, x in inputs.items()
        }
        try:
            with np.errstate(all="ignore"):
                y, cache = run(others)
                backward(np.array(rng.standard_normal(y.shape)), cache)
            return
        except Exception:  # whatever an op raises for numbers that it does not take
            continue


def upside_down(x: np.ndarray) -> np.ndarray:
    """The largest number where the smallest was, and so on: every mask of x > 0 changes."""
    y, order = np.empty(x.size), np.argsort(x, axis=None)
    y[order] = x.reshape(-1)[order[::-1]]
    return y.reshape(x.shape)


def arrays_in(cache) -> list[np.ndarray]:
    """The arrays of numbers in a cache's tuples, lists, dicts, objects and closures."""
    found, seen, to_see = [], set(), [cache]
    while to_see:
        value = to_see.pop()
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, np.ndarray):
            found += [value] if value.dtype.kind in "biufc" else []
        elif isinstance(value, Mapping):
            to_see += value.values()
        elif isinstance(value, (tuple, list)):
            to_see += value
        elif isinstance(value, FunctionType):
            to_see += [cell.cell_contents for cell in value.__closure__ or ()]
        elif hasattr(value, "__dict__") and not isinstance(value, (type, ModuleType)):
            to_see += vars(value).values()
    return found

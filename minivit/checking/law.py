"""The law of an op, as far as it can be checked without any calculus.

y, cache = forward(x, w, ...)
dx, dw, ... = backward(dy, cache)

There is one gradient per input, of its shape and dtype (None for None). No argument is written
into, no gradient shares memory with dy, and the same call gives the same result.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError


class UnlawfulError(Exception):
    """The op breaks its law so that nothing is left to compare."""


class Fault(NamedTuple):
    """What a look at the outside of a gradient shows."""

    kind: str  # "form", "shape", "dtype" or "shared"
    sentence: str
    came: np.ndarray | None = None  # where its shape is wrong


def named_inputs(
    forward: Callable, inputs: tuple, options: Mapping
) -> dict[str, np.ndarray | None]:
    """Inputs by the names in the forward's signature, as float64 copies.

    Optional arrays that were left out are there as None. Raises InputError when the forward can't
    be called with these, or when one isn't an array of finite real numbers.
    """
    try:
        bound = inspect.signature(forward).bind(*inputs, **options)
    except TypeError as error:
        raise InputError(f"the forward can't be called with these inputs: {error}") from error
    except ValueError:  # a compiled function without a signature
        return {f"input {i}": as_float64(f"input {i}", x) for i, x in enumerate(inputs)}
    bound.apply_defaults()
    arrays: dict[str, np.ndarray | None] = {}
    for name, parameter in bound.signature.parameters.items():
        value = bound.arguments[name]
        if parameter.kind is parameter.VAR_POSITIONAL:
            arrays |= {f"{name}[{i}]": as_float64(f"{name}[{i}]", x) for i, x in enumerate(value)}
        elif parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
            if name in options or (len(arrays) >= len(inputs) and value is not None):
                break  # an option that isn't keyword-only: from here on there are no inputs
            arrays[name] = as_float64(name, value)
    return arrays


def as_float64(name: str, value) -> np.ndarray | None:
    """A copy to experiment on; None stays None."""
    if value is None:
        return None
    given = np.asarray(value)
    if given.dtype.kind not in "fiub":
        raise InputError(
            f"input {name!r} is {described(value)} of dtype {given.dtype}, and a gradient check "
            f"needs real numbers; pass what has no gradient in options={{{name!r}: ...}}"
        )
    array = given.astype(np.float64)  # a copy, always
    if not np.isfinite(array).all():
        raise InputError(f"input {name!r} holds NaN or infinity: a gradient check needs numbers")
    return array


def dy_stream(seed: int) -> np.random.Generator:
    """The generator that dy is drawn from: not that of inputs drawn with the same seed.

    Else dy would be the same numbers as x, and a backward that takes x for dy would pass.
    """
    return np.random.default_rng([seed, 1])


def split_output(result) -> tuple[np.ndarray, object]:
    """y and cache of what a forward returned; UnlawfulError when it isn't such a pair."""
    if not (isinstance(result, tuple) and len(result) == 2):
        raise UnlawfulError(
            f"the forward returned {described(result)}: expected a pair (y, cache), where cache "
            "is whatever the backward must remember"
        )
    y = np.asarray(result[0])
    if y.dtype.kind not in "fc":
        raise UnlawfulError(
            f"the forward returned y of dtype {y.dtype}: expected floats, since whole numbers "
            "have no gradient"
        )
    return y, result[1]


def split_gradients(result, names: list[str]) -> dict:
    """What a backward returned, as {input: gradient}; UnlawfulError for too few or too many."""
    if len(names) == 1 and not isinstance(result, (tuple, list)):
        return {names[0]: result}
    if isinstance(result, tuple) and len(result) == len(names) > 1:
        return dict(zip(names, result, strict=True))
    expected = "the bare gradient of" if len(names) == 1 else f"a tuple of {len(names)} gradients:"
    raise UnlawfulError(
        f"the backward returned {described(result)}: expected {expected} {', '.join(names)}"
    )


def gradient_fault(gradient, x: np.ndarray | None, dy: np.ndarray) -> Fault | None:
    """What a look at the outside of a gradient shows; None if nothing is wrong."""
    if x is None:
        said = f"it is {described(gradient)}: expected None, for an input that is None"
        return None if gradient is None else Fault("form", said)
    if not isinstance(gradient, (np.ndarray, np.floating)):
        return Fault("form", f"it is {described(gradient)}, expected an array")
    if gradient.shape != x.shape:
        said = f"it has shape {gradient.shape}, expected {x.shape}"
        return Fault("shape", said, np.array(gradient))
    if gradient.dtype != x.dtype:
        return Fault("dtype", f"it has dtype {gradient.dtype}, expected {x.dtype}")
    if isinstance(gradient, np.ndarray) and np.may_share_memory(gradient, dy):
        return Fault("shared", "it shares memory with dy: return a copy")
    return None


def written_into(arrays: Mapping, before: Mapping) -> list[str]:
    """The names of arrays that are no longer what they were before."""
    return [name for name, array in arrays.items() if not equal(array, before[name])]


def equal(one, other) -> bool:
    """The same numbers (NaN included), or both None."""
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other, equal_nan=True)


def alike(one, other) -> bool:
    """Equal but for rounding, which may differ when threads share a sum."""
    if one is None or other is None or np.shape(one) != np.shape(other):
        return one is other
    return np.allclose(one, other, rtol=1e-9, atol=1e-12, equal_nan=True)


def described(value) -> str:
    """A value's kind in words, e.g. "a tuple of 2", "an array of shape (3,)"."""
    if value is None:
        return "None"
    if isinstance(value, (tuple, list)):
        return f"a {type(value).__name__} of {len(value)}"
    if isinstance(value, np.ndarray):
        return f"an array of shape {value.shape}"
    return f"a {type(value).__name__}"

"""A student's layer beside the op: what it spoils."""

import itertools
import warnings

import numpy as np
from layer_points import Point, as_tuple, points
from student_layers import Layer, inputs_taken

from minivit import ops
from minivit.checking.sizes import Call

# How far from the op, relative to the largest number of a result, is another result.
APART = {np.float64: 1e-7, np.float32: 0.05}


def spoilt(layer: Layer, point: Point, apart=APART) -> set[str] | None:
    """What the layer spoils there: in the words of student_layers.py; None where it isn't asked."""
    forward, backward = layer.functions()
    taken = inputs_taken(forward, point.call)
    if taken is None:
        return None
    handed = [copied(x) for x in point.inputs[:taken]]
    names = gradient_names(point.call)[:taken]
    y, cache, found = point.y, point.cache, set()
    if forward is not None:
        try:
            y, cache = forward(*handed, **point.call.options)
        except Exception:
            return {"y"}
        found = faults("y", y, point.y, point.dy, apart)
        found |= {"inputs"} if written(handed, point.inputs) else set()
    if backward is None or np.shape(y) != point.y.shape:
        return found
    dy = point.dy.copy()
    try:
        gradients = as_tuple(backward(dy, cache))
    except Exception:
        return found | {n for n, x in zip(names, handed, strict=True) if x is not None}
    found |= {"inputs"} if written([*handed, dy], [*point.inputs[:taken], point.dy]) else set()
    found |= spoilt_gradients(gradients, names, point, dy, apart)
    then = y, [copied(g) for g in gradients], copied(y)
    if forward is not None:
        forward(*(x if x is None else x[::-1] / 2 for x in handed), **point.call.options)
    return found | kept_state(*then, as_tuple(backward(point.dy.copy(), cache)))


def spoilt_gradients(gradients: tuple, names: list[str], point: Point, dy, apart) -> set[str]:
    """Those that are wrong, and whether they share memory."""
    if len(gradients) != len(names):
        return set(names)
    found: set[str] = set()
    for name, gradient, true in zip(names, gradients, point.gradients, strict=False):
        found |= faults(name, gradient, true, point.dy, apart)
    arrays = [dy, *(g for g in gradients if isinstance(g, np.ndarray))]
    shared = any(np.shares_memory(*two) for two in itertools.combinations(arrays, 2))
    return found | ({"memory"} if shared else set())


def kept_state(y, gradients, y_then, again) -> set[str]:
    """Has a call on other inputs changed y, or what the backward returns?"""
    kept = np.array_equal(y, y_then, equal_nan=True)
    kept &= all(same(one, other) for one, other in zip(gradients, again, strict=True))
    return set() if kept else {"state"}


def faults(name: str, given, true, dy, apart) -> set[str]:
    """What is wrong with one result: its values, its dtype."""
    if true is None or given is None or np.shape(given) != np.shape(true):
        return set() if given is true is None else {name}
    found = {"dtype"} if np.asarray(given).dtype != true.dtype else set()
    return found | ({name} if differ(given, true, dy, apart[true.dtype.type]) else set())


def differ(one, other, dy, tolerance: float) -> bool:
    """Relative to the largest number; where the true one is 0, to dy."""
    if one is None or other is None or not np.size(other):
        return one is not other
    size = np.abs(other).max() + 1e-3 * np.abs(dy).max()
    with np.errstate(all="ignore"):
        return not np.abs(np.asarray(one, np.float64) - other).max() <= tolerance * size


def same(one, other) -> bool:
    """But for rounding."""
    if one is None or other is None:
        return one is other
    return np.allclose(one, other, rtol=1e-6, atol=1e-9, equal_nan=True)


def everything_spoilt(layer: Layer) -> set[str]:
    """On all points, in both dtypes."""
    found: set[str] = set()
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for dtype in (np.float64, np.float32):
            for at in points(layer.op, dtype):
                found |= spoilt(layer, at) or set()
    return found


def gradient_names(call: Call) -> list[str]:
    """dx, dw, ...: one for each input."""
    code = getattr(ops, f"{call.op}_forward").__code__
    return [f"d{name}" for name in code.co_varnames[: len(call.inputs)]]


def copied(x):
    return None if x is None else np.array(x)


def written(handed, before) -> bool:
    return any(
        x is not None and not np.array_equal(x, old) for x, old in zip(handed, before, strict=False)
    )

"""The verdict on a gradient; a wrong one in words: what it has in common with the right one."""

from collections.abc import Mapping

import numpy as np

from minivit.checking.report import RIGHT, Row, compare, judge


def row(name: str, gradient, fault: str, true: Mapping, tolerance: float) -> Row:
    """The verdict on one gradient, from {input: the true gradient}."""
    if fault:
        shape = true[name].shape if name in true else None
        return Row(name, shape, np.inf, np.inf, "wrong", fault)
    if gradient is None:
        return Row(name, None, 0.0, 0.0, "excellent", "None, for an input that is None")
    absolute, relative = compare(true[name], gradient)
    verdict = judge(relative, tolerance)
    others = {other: array for other, array in true.items() if other != name}
    note = diagnose(gradient, true[name], others) if verdict == "wrong" else ""
    return Row(name, gradient.shape, absolute, relative, verdict, note)


def diagnose(
    given: np.ndarray, true: np.ndarray, others: Mapping[str, np.ndarray] | None = None
) -> str:
    """What is wrong with `given`; `others` are the true gradients of the other inputs.

    The commonest slips are recognised; of any other, the worst element is named.
    """
    found = pattern(given, true)
    if found:
        return found
    if given.ndim == 2 and given.shape[0] == given.shape[1] and same(given.T, true):
        return "it is transposed"
    for name, gradient in (others or {}).items():
        if gradient.shape == given.shape and same(given, gradient):
            return f"it is the gradient of {name}"
    index = np.unravel_index(np.abs(given - true).argmax(), given.shape)
    place = f" at [{', '.join(map(str, index))}]" if index else ""
    return f"it is {given[index]:.6g}{place} and should be {true[index]:.6g}"


def pattern(given: np.ndarray, true: np.ndarray) -> str:
    """A slip that shows in any part of a gradient; "" if none does."""
    if not np.isfinite(given).all():
        return "it holds NaN or infinity"
    if not given.any():
        return "it is 0 everywhere"
    if given.size == 1 or not true.any():
        return ""
    ratio = float((given * true).sum() / (true * true).sum())
    if not same(given, ratio * true):
        return ""
    if abs(ratio + 1) < RIGHT:
        return "it has the wrong sign"
    return f"it is {ratio:.4g} times the right one"


def same(given: np.ndarray, true: np.ndarray) -> bool:
    return compare(true, given)[1] <= RIGHT

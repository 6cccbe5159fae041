"""The verdict on a gradient, and in words what a wrong one has in common with the right one."""

from collections.abc import Mapping

import numpy as np

from minivit.checking.bounds import Bounds, errors
from minivit.checking.report import RIGHT, Row, compare, judge


def row(
    name: str, given: np.ndarray | None, fault: str, bounds: Mapping[str, Bounds], tolerance: float
) -> Row:
    """The verdict on one gradient, given for two draws of dy, from {input: its bounds}."""
    if fault:
        shape = bounds[name].low.shape[1:] if name in bounds else None
        return Row(name, shape, np.inf, np.inf, "wrong", fault)
    if given is None:
        return Row(name, None, 0.0, 0.0, "excellent", "None, for an input that is None")
    absolute, relative = errors(bounds[name], given, tolerance)
    worst = float(relative.max(initial=0.0))
    verdict = judge(worst, tolerance)
    if verdict == "wrong":
        note = diagnose_draws(name, given, bounds, ~(relative <= tolerance))
    else:
        note = kinks_in_words(bounds[name].kinks)
    return Row(name, given.shape[1:], absolute, worst, verdict, note)


def kinks_in_words(kinks: Mapping[tuple, str]) -> str:
    if not kinks:
        return ""
    index, why = next(iter(kinks.items()))
    more = f" and {len(kinks) - 1} more" if len(kinks) > 1 else ""
    return f"not differentiable here: {why}{place(index)}{more}"


def diagnose_draws(
    name: str, given: np.ndarray, bounds: Mapping[str, Bounds], wrong: np.ndarray
) -> str:
    """What is wrong with a gradient; a pattern counts if both draws of dy show it."""
    low, high, _, kinks, _ = bounds[name]
    true = np.clip(given, low, high)
    if not np.isfinite(given).all():
        return "it holds NaN or infinity"
    if not given.any():
        return "it is 0 everywhere"
    if np.allclose(*given, rtol=1e-9, atol=0):
        return "it is the same for every dy: multiply by dy, as the chain rule does"
    ratios = [ratio(*draw) for draw in zip(given, true, strict=True)]
    if None not in ratios and abs(ratios[0] - ratios[1]) <= RIGHT * abs(ratios[0]):
        return ratio_in_words(ratios[0])
    others = {n: (b.low + b.high) / 2 for n, b in bounds.items() if n != name}
    words = {relation(given[i], true[i], {n: o[i] for n, o in others.items()}) for i in range(2)}
    if len(words) == 1 and "" not in words:
        return words.pop()
    error = np.where(wrong, np.nan_to_num(np.abs(given - true), nan=np.inf), -1)
    draw, *index = (int(i) for i in np.unravel_index(error.argmax(), given.shape))
    at = draw, *index
    found = f"it is {given[at]:.6g}{place(index)} and should "
    if tuple(index) not in kinks:
        return f"{found}be {true[at]:.6g}"
    if np.isnan(low[at]):
        return f"it can't be checked{place(index)}: {kinks[tuple(index)]}"
    return f"{found}lie between {low[at]:.6g} and {high[at]:.6g}: {kinks[tuple(index)]}"


def diagnose(
    given: np.ndarray, true: np.ndarray, others: Mapping[str, np.ndarray] | None = None
) -> str:
    """What is wrong with `given`; `others` are the true gradients of the other inputs.

    The commonest slips are recognised; of any other, the worst element is named.
    """
    found = pattern(given, true) or relation(given, true, others or {})
    if found:
        return found
    index = np.unravel_index(np.abs(given - true).argmax(), given.shape)
    return f"it is {given[index]:.6g}{place(index)} and should be {true[index]:.6g}"


def pattern(given: np.ndarray, true: np.ndarray) -> str:
    """A slip that shows in any part of a gradient; "" if none does."""
    if not np.isfinite(given).all():
        return "it holds NaN or infinity"
    if not given.any():
        return "it is 0 everywhere"
    factor = None if given.size == 1 else ratio(given, true)
    return "" if factor is None else ratio_in_words(factor)


def relation(given: np.ndarray, true: np.ndarray, others: Mapping[str, np.ndarray]) -> str:
    """What the whole gradient is instead of the right one; "" if it is nothing known."""
    if given.ndim == 2 and given.shape[0] == given.shape[1] and same(given.T, true):
        return "it is transposed"
    for name, gradient in others.items():
        if gradient.shape == given.shape and same(given, gradient):
            return f"it is the gradient of {name}"
    return ""


def ratio(given: np.ndarray, true: np.ndarray) -> float | None:
    """given / true where that is one number for all elements."""
    largest = np.abs(true).max(initial=0.0)
    if not (largest and np.isfinite(largest)):
        return None
    unit = true / largest  # its squares neither overflow nor vanish
    factor = float((given * unit).sum() / (unit * true).sum())
    return factor if same(given, factor * true) else None


def ratio_in_words(factor: float) -> str:
    if abs(factor + 1) < RIGHT:
        return "it has the wrong sign"
    return f"it is {factor:.4g} times the right one"


def place(index: tuple) -> str:
    """(1, 2) -> " at [1, 2]", () -> ""."""
    return f" at [{', '.join(map(str, index))}]" if len(index) else ""


def same(given: np.ndarray, true: np.ndarray) -> bool:
    return compare(true, given)[1] <= RIGHT

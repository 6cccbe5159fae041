"""The verdict on a gradient of an op, and in words what is wrong with it."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np

from minivit.checking.bounds import Bounds, errors
from minivit.checking.diagnosis.kinds import of_kind
from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.shapes import of_shape
from minivit.checking.law import Fault
from minivit.checking.report import Row, judge


class Inquiry(Protocol):
    """Whoever knows the likely cause: `diagnosis.inquiry`, asked only where something is wrong."""

    def __call__(
        self, name: str, given: np.ndarray, bounds: Mapping[str, Bounds]
    ) -> Named | None: ...


def row(
    name: str,
    given: np.ndarray | None,
    fault: Fault | None,
    bounds: Mapping[str, Bounds],
    tolerance: float,
    inquire: Inquiry,
) -> Row:
    """The verdict on one gradient, given for two draws of dy, from {input: its bounds}."""
    if fault:
        shape = bounds[name].low.shape[1:] if name in bounds else None
        cause = of_fault(name, fault, bounds, inquire)
        return Row(name, shape, np.inf, np.inf, "wrong", fault.sentence, cause)
    if given is None:
        return Row(name, None, 0.0, 0.0, "excellent", "None, for an input that is None")
    absolute, relative = errors(bounds[name], given, tolerance)
    worst, shape = float(relative.max(initial=0.0)), given.shape[1:]
    verdict = judge(worst, tolerance)
    if verdict != "wrong":
        return Row(name, shape, absolute, worst, verdict, kinks_in_words(bounds[name].kinks))
    cause = inquire(name, given, bounds)
    note = cause.sentence if cause else worst_one(given, bounds[name], ~(relative <= tolerance))
    return Row(name, shape, absolute, worst, verdict, note, cause)


def of_fault(
    name: str, fault: Fault, bounds: Mapping[str, Bounds], inquire: Inquiry
) -> Named | None:
    """The cause of what a look at the outside of a gradient shows."""
    if fault.came is not None:
        shape = bounds[name].low.shape[1:]
        return inquire(name, fault.came[None], bounds) or of_shape(fault.came.shape, shape)
    return of_kind(fault.kind, f"d{name}", fault.sentence, "float64")


def kinks_in_words(kinks: Mapping[tuple, str]) -> str:
    if not kinks:
        return ""
    index, why = next(iter(kinks.items()))
    more = f" and {len(kinks) - 1} more" if len(kinks) > 1 else ""
    return f"not differentiable here: {why}{place(index)}{more}"


def worst_one(given: np.ndarray, bounds: Bounds, wrong: np.ndarray) -> str:
    """The element that is furthest off among the wrong ones."""
    low, high, _, kinks, _ = bounds
    true = np.clip(given, low, high)
    error = np.where(wrong, np.nan_to_num(np.abs(given - true), nan=np.inf), -1)
    draw, *index = (int(i) for i in np.unravel_index(error.argmax(), given.shape))
    at = draw, *index
    found = f"it is {given[at]:.6g}{place(index)} and should "
    if tuple(index) not in kinks:
        return f"{found}be {true[at]:.6g}"
    if np.isnan(low[at]):
        return f"it can't be checked{place(index)}: {kinks[tuple(index)]}"
    return f"{found}lie between {low[at]:.6g} and {high[at]:.6g}: {kinks[tuple(index)]}"


def place(index: tuple | list) -> str:
    """(1, 2) -> " at [1, 2]", () -> ""."""
    return f" at [{', '.join(map(str, index))}]" if len(index) else ""

"""A number that the right gradient is multiplied by: the same everywhere, or one of the sizes."""

import math
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from minivit.checking.diagnosis.explaining import NEARER
from minivit.checking.diagnosis.named import Named
from minivit.checking.diagnosis.sight import Sight

COARSE = 1e-3  # float32 can't tell a factor
LETTERS = "B", "T", "N", "D", "H", "K", "M", "C", "P"
SAME = 1e-5
FORMS: dict[str, Callable[[float], float]] = {
    "{}": lambda n: n,
    "1/{}": lambda n: 1 / n,
    "sqrt({})": math.sqrt,
    "1/sqrt({})": lambda n: 1 / math.sqrt(n),
}
Place = SimpleNamespace  # what is known of a call: see `Point.views`


class Size(NamedTuple):
    """A count, or something made of it: 1/D."""

    form: str  # one of FORMS
    words: str
    count: Callable[[Place], float]

    def of(self, at: Place) -> float:
        return FORMS[self.form](self.count(at))


def of_factor(part: str, wrong: list[Sight]) -> Named | None:
    """The factor of a gradient, in words; None where there is none, or another at each point."""
    sights = [sight for sight in wrong if sight.close <= COARSE]
    if part == "y" or sum(sight.right.size for sight in sights) < 2:  # one number proves nothing
        return None
    found = []
    for sight in sights:
        factor = ratio(sight)
        if factor is None or factor == 0:  # of zeros at some points these say nothing
            return None
        if not math.isnan(factor):
            found.append((factor, sight.at))
    words = in_words(found)
    return words and Named(
        "constant-factor", f"the gradient is {words}",
        "Where does the number of values that are averaged, summed or scaled come in?",
        "y = c f(x):   dx = c f'(x) dy")  # fmt: skip


def in_words(found: list[tuple[float, Place]]) -> str | None:
    """Factors in words: "1/D times the right one", "0.25 times the right one: 1/4, and ..."."""
    if not found:
        return None
    sign = math.copysign(1, found[0][0])
    minus = "-" * (sign < 0)
    first, at = found[0]
    constant = all(close(factor, first) for factor, _ in found)
    sizes = (
        size
        for size in expressions(at)
        if all(close(factor, sign * size.of(place)) for factor, place in found)
    )
    size = next(sizes, None)
    if size is None:
        return f"{first:.4g} times the right one" if constant else None
    if not constant:
        return f"{minus}{size.form.format(size.words)} times the right one"
    number, n = f"{first:.4g} times the right one", size.count(at)
    if n <= 2 or ("sqrt" in size.form and math.isqrt(n) ** 2 == n):  # it may be any number
        return number
    known = "" if size.form == "{}" else f"{minus}{size.form.format(n)}, and "
    return f"{number}: {known}{n} is {size.words}"


def close(one: float, other: float) -> bool:
    return abs(one - other) <= SAME * abs(other)


def expressions(at: Place) -> Iterator[Size]:
    """The sizes that are tried, each as it is, its inverse, its root and the inverse of that; the
    arrays among them are those of this call."""
    counts: dict[str, Callable[[Place], float]] = {
        letter: lambda at, letter=letter: getattr(at.letters, letter, math.nan)
        for letter in LETTERS
    }
    for axis in range(4):
        words = f"the length of axis {axis} of dy"
        counts[words] = lambda at, axis=axis: at.dy.shape[axis] if axis < at.dy.ndim else math.nan
    counts["the number of values of dy"] = lambda at: at.dy.size
    counts["the number of tokens"] = lambda at: math.prod(at.dy.shape[:-1])
    for name in [name for name, x in vars(at).items() if isinstance(x, np.ndarray)]:
        counts |= of_array(name)
    for words, count in counts.items():
        for form in FORMS:
            yield Size(form, words, count)


def of_array(name: str) -> dict[str, Callable[[Place], float]]:
    """The lengths of an array's axes, of two neighbours together, and of all but the last."""

    def shape(at: Place) -> tuple[int, ...]:
        x = getattr(at, name)
        return x.shape if isinstance(x, np.ndarray) else ()

    def product(lengths: tuple[int, ...]) -> float:
        return math.prod(lengths) if lengths else math.nan

    counts: dict[str, Callable[[Place], float]] = {
        f"the length of axis {axis} of {name}": lambda at, axis=axis: product(
            shape(at)[axis : axis + 1]
        )
        for axis in range(4)
    }
    for axis in range(3):
        words = f"the length of axes {axis} and {axis + 1} of {name} together"
        counts[words] = lambda at, axis=axis: product(shape(at)[axis : axis + 2])
    counts[f"the number of rows of {name}"] = lambda at: product(shape(at)[:-1])
    return counts


def ratio(sight: Sight) -> float | None:
    """came / right, where that is one number; NaN where both are 0, None where there is none."""
    came, right = sight.came, sight.right
    if came.shape != right.shape or not (np.isfinite(came).all() and np.isfinite(right).all()):
        return None
    largest = np.abs(right).max(initial=0.0)
    if largest == 0:
        return math.nan if not came.any() else None
    unit = right / largest  # its squares neither overflow nor vanish
    factor = float((came * unit).sum() / (unit * right).sum())
    within = min(sight.close * np.abs(came).max(), NEARER * abs(factor - 1) * largest)
    return factor if np.abs(came - factor * right).max() <= within else None

"""What wrong numbers tell by themselves, of whatever op they are."""

from itertools import groupby

import numpy as np

from minivit.checking.diagnosis.named import CHAIN, Named
from minivit.checking.diagnosis.sight import Sight


def of_no_numbers(wrong: list[Sight]) -> Named | None:
    """NaN or infinity in the place of numbers, wherever the part is wrong."""
    return NO_NUMBERS if all(not np.isfinite(sight.came).all() for sight in wrong) else None


def of_draws(wrong: list[Sight]) -> Named | None:
    """A gradient that is the same for every dy, though the right one is not."""
    found = 0
    for _, several in groupby(wrong, key=lambda sight: id(sight.at.output)):
        first, *others = several
        for other in others:
            if same(first.right, other.right):  # of an input that y does not depend on
                continue
            if not (same(first.came, other.came) and first.came.any()):
                return None
            found += 1
    return UPSTREAM_IGNORED if found else None


def same(one: np.ndarray, other: np.ndarray) -> bool:
    return one.shape == other.shape and np.allclose(one, other, rtol=1e-9, atol=0)


def of_few_digits(wrong: list[Sight]) -> Named | None:
    """Numbers that are right, but not to as many digits as float64 has."""
    for sight in wrong:
        if sight.came.shape != sight.right.shape or sight.came.dtype != np.float64:
            return None
        apart = np.abs(sight.came - sight.right).max(initial=0.0)
        if not apart <= FEW * np.abs(sight.right).max(initial=0.0):
            return None
    return FEW_DIGITS


FEW = 1e-5  # the largest error of what counts as right to a few digits, relative to the largest
FEW_DIGITS = Named(
    "few-digits", "it is right to some 7 digits, and float64 has 16",
    "Look for numbers in float32 (np.float32, astype, dtype=), and for constants that were typed "
    "with few digits.", "an op calculates in the dtype of its inputs")  # fmt: skip
NO_NUMBERS = Named(
    "no-numbers", "it holds NaN or infinity",
    "Which line divides by 0, takes a root or a logarithm of what is not positive, or leaves "
    "np.empty unfilled?", "finite numbers in, finite numbers out")  # fmt: skip
UPSTREAM_IGNORED = Named(
    "upstream-ignored", "the gradient is the same for every dy: dy is left out",
    "Where does dy come into this gradient? Each gradient is a sum of its elements times slopes.",
    CHAIN)  # fmt: skip

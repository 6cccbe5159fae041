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


NO_NUMBERS = Named(
    "no-numbers", "it holds NaN or infinity",
    "Which line divides by 0, takes a root or a logarithm of what is not positive, or leaves "
    "np.empty unfilled?", "finite numbers in, finite numbers out")  # fmt: skip
UPSTREAM_IGNORED = Named(
    "upstream-ignored", "the gradient is the same for every dy: dy is left out",
    "Where does dy come into this gradient? Each gradient is a sum of its elements times slopes.",
    CHAIN)  # fmt: skip

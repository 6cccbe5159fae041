"""A known mistake: a sentence, a hint, the line of the derivation, and what it would give."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np


class Cause(NamedTuple):
    """A mistake that students make.

    `mistake(at)` gives what a layer with it returns in the place of the right results, by name:
    {"y": ...} for the forward, {"dx": ...} for gradients; only those that the mistake changes.
    `at` is described in `Point.views`. None where the mistake can't be made there.
    """

    name: str  # an identifier: letters, digits, hyphens; it never changes
    sentence: str  # what is wrong
    hint: str  # where to look, without the answer
    line: str  # of the derivation, that it breaks
    mistake: Callable[[SimpleNamespace], dict[str, np.ndarray] | None]


def of_op(op: str, causes: list[Cause]) -> list[Cause]:
    """Mistakes that several ops may have, in one of them: its name comes before theirs."""
    return [cause._replace(name=f"{op}-{cause.name}") for cause in causes]

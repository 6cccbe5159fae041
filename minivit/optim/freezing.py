"""Which parameters learn, and where they lie in the flat vectors.

A frozen parameter is left out of all that a step does: the gradient's norm, the step itself, weight
decay, and the average of the weights. What learns is walked through in ranges, which are worked out
once: with nothing frozen there is one, the whole vector.
"""

import math
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from minivit import backend
from minivit.errors import InputError
from minivit.nearest import nearest
from minivit.params import Layout, NamedArrays


class Range(NamedTuple):
    """A stretch of the model's flat vectors; and of vectors of what learns alone, e.g. moments."""

    start: int  # in the model's vectors
    stop: int
    start_alone: int  # in a vector of `layout.part(names)`
    decayed: int  # weight decay applies to so many elements at its beginning

    def of(self, flat: np.ndarray) -> np.ndarray:
        """Its part of a vector of the whole model."""
        return flat[self.start : self.stop]

    def alone(self, flat: np.ndarray) -> np.ndarray:
        """Its part of a vector of what learns alone."""
        return flat[self.start_alone : self.start_alone + self.stop - self.start]


def ranges_of(layout: Layout, names: Collection[str]) -> list[Range]:
    """Where these parameters lie, in the order of memory, in as few stretches as there can be."""
    ends: list[list[int]] = []
    for name in sorted(names, key=layout.offsets.__getitem__):
        start = layout.offsets[name]
        stop = start + math.prod(layout.shapes[name])
        if ends and ends[-1][1] == start:
            ends[-1][1] = stop
        else:
            ends.append([start, stop])
    ranges, alone = [], 0
    for start, stop in ends:
        decayed = min(max(layout.decayed - start, 0), stop - start)
        ranges.append(Range(start, stop, alone, decayed))
        alone += stop - start
    return ranges


def gradient_norm(gradients: NamedArrays, ranges: Sequence[Range]) -> float:
    """The global norm: the Euclidean length of the gradient of all that learns."""
    norms = [backend.current().global_norm(each.of(gradients.flat)) for each in ranges]
    return norms[0] if len(norms) == 1 else math.hypot(*norms)


def learning_names(layout: Layout, frozen: Sequence[str]) -> list[str]:
    """The names of the parameters that learn: all but those at the frozen places.

    A place is any beginning of a name, of whole parts between its dots: "blocks.1" stands for all
    of block 1, and not for block 10.

    Raises InputError for a place where nothing learns, and when nothing is left.
    """
    for place in frozen:
        if not any(is_at(name, place) for name in layout.shapes):
            parts = [name.split(".") for name in layout.shapes]
            known = {".".join(p[:i]) for p in parts for i in range(1, len(p) + 1)}
            tops = ", ".join(dict.fromkeys(p[0] for p in parts))
            raise InputError(
                f"freeze names {place!r}, where this model learns nothing"
                f"{nearest(place, sorted(known))}; it learns at {tops}, and at places within them"
            )
    names = [name for name in layout.shapes if not any(is_at(name, place) for place in frozen)]
    if not names:
        raise InputError(
            f"freeze names {', '.join(frozen)}: nothing is left to learn; leave a place out"
        )
    return names


def is_at(name: str, place: str) -> bool:
    """Whether a parameter lies at a place or within it."""
    return f"{name}.".startswith(f"{place}.")

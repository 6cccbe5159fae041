"""A forward that keeps only the arrays that are asked for, by their names in a trace.

A trace keeps all intermediates: of an image in L/16 that is most of a gigabyte. Attention alone is
a tenth of it.
"""

import math
from collections.abc import Iterable

import numpy as np

from minivit import ops
from minivit.errors import InputError
from minivit.models import Model, trace_names
from minivit.models.chance import Chance
from minivit.models.memory import check_memory
from minivit.models.trace import NotingOps, by_name

BATCH = 16  # images at a time, at most
AT_ONCE = 1 << 28  # bytes that they may take, if a single image doesn't take more


class Kept(dict):
    """Of every place, the noted arrays whose names are wanted; an op's cache is let go."""

    def __init__(self, wanted: Iterable[str]):
        super().__init__()
        self.wanted = set(wanted)

    def __setitem__(self, place, noted):
        found = {n: a for n, a in noted.values.items() if f"{place}.{n}" in self.wanted}
        super().__setitem__(place, found)


def at_once(numbers: int, dtype) -> int:
    """How many images to work on at a time, when each takes so many numbers."""
    fitting = AT_ONCE // max(1, numbers * np.dtype(dtype).itemsize)
    return min(max(1, fitting), BATCH)


def recorded(model: Model, images: np.ndarray, names: Iterable[str]) -> dict[str, np.ndarray]:
    """The arrays of these names, as a trace of the images would hold them.

    images (B, height, width, channels) -> {name: (B, ...)}, in the order of the forward.

    Raises InputError as `model.logits` does, for a name that no trace of this model has, and when
    the arrays don't fit into memory.
    """
    images, c, p = model.check_images(images), model.config, model.parameters
    kept, shapes = Kept(names), trace_names(c)
    if unknown := sorted(kept.wanted - set(shapes)):
        raise InputError(f"a trace of this model has no {', '.join(unknown)}; see trace_names")
    numbers = sum(math.prod(shapes[name]) for name in kept.wanted)
    check_memory(model.architecture, ops, p, c, len(images), keep=False, returned=numbers)
    model.architecture.forward(NotingOps(), p, c, images, kept, Chance())
    return by_name(kept)

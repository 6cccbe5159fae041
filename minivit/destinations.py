"""Where a kernel writes the gradient of a weight: straight into the model's gradients, if it can.

An op's backward returns new arrays, and a model adds them to its gradients: for a large model that
is a pass over more memory than all of its activations take. But the first gradient of a training
step is added to zeros. In `replacing` a kernel asks `gradient_like(w)` for the array to write dw
into, and gets the part of the model's gradients that belongs to w.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np


class Destinations:
    """The gradients of parameters that lie side by side in one vector, as these do."""

    def __init__(self, parameters: np.ndarray, gradients: np.ndarray):
        """Two vectors (n,) of one dtype."""
        self.begin, self.gradients = address(parameters), gradients
        self.given: set[int] = set()  # where that begins which is handed out no more

    def of(self, w: np.ndarray) -> np.ndarray | None:
        """The gradient of w, if w is a contiguous part of the parameters; each is given once."""
        first = (address(w) - self.begin) // w.itemsize
        inside = first >= 0 and first + w.size <= self.gradients.size
        alike = w.dtype == self.gradients.dtype and w.flags.c_contiguous
        if not (inside and alike) or first in self.given:
            return None
        self.given.add(first)
        return self.gradients[first : first + w.size].reshape(w.shape)


_destinations: ContextVar[Destinations | None] = ContextVar("where gradients go", default=None)


def gradient_like(w: np.ndarray) -> np.ndarray:
    """An array like w to write its gradient into; what is in it is nobody's."""
    destinations = _destinations.get()
    found = None if destinations is None else destinations.of(w)
    return np.empty(w.shape, w.dtype) if found is None else found


@contextmanager
def replacing(destinations: Destinations) -> Iterator[None]:
    """Inside, `gradient_like` hands these out: what they hold may be written over."""
    token = _destinations.set(destinations)
    try:
        yield
    finally:
        _destinations.reset(token)


def is_part(x: np.ndarray, whole: np.ndarray) -> bool:
    """Whether x lies in the memory of `whole`, as what was given does."""
    return x.base is not None and x.base is (whole if whole.base is None else whole.base)


def address(x: np.ndarray) -> int:
    return x.__array_interface__["data"][0]

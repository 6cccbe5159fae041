"""One flat vector per role (parameters, gradients, Adam's moments), seen through named views.

The optimiser walks the flat vector; the model and its readers use the names. All roles of a model
share one layout, so that element i of each belongs to the same weight.
"""

import math
from collections.abc import Iterator, Mapping

import numpy as np


class Layout:
    """Where each named array lies in the flat vector.

    Names keep the order of the model, from the pixels to the head. In memory the arrays that
    weight decay applies to come first: then decay is one slice, `flat[:decayed]`.
    """

    def __init__(self, shapes: Mapping[str, tuple[int, ...]], decayed_names: set[str]):
        self.shapes = dict(shapes)
        self.offsets: dict[str, int] = {}
        position = 0
        for name in sorted(shapes, key=lambda name: name not in decayed_names):  # a stable sort
            self.offsets[name] = position
            position += math.prod(shapes[name])
        self.size = position
        self.decayed = sum(math.prod(shapes[name]) for name in decayed_names)


class NamedArrays(Mapping):
    """Named views into one flat vector of zeros, which comes into being on first use.

    `arrays["head.w"]` is a view; `arrays["head.w"] = value` and `arrays["head.w"] += value`
    write through it. `arrays.flat` is the whole vector.
    """

    def __init__(self, layout: Layout, dtype):
        self.layout = layout
        self.dtype = np.dtype(dtype)
        self._flat: np.ndarray | None = None
        self._views: dict[str, np.ndarray] = {}

    @property
    def flat(self) -> np.ndarray:
        """The vector (n,) behind all names."""
        if self._flat is None:
            self._flat = np.zeros(self.layout.size, self.dtype)
            for name, shape in self.layout.shapes.items():
                start = self.layout.offsets[name]
                part = self._flat[start : start + math.prod(shape)]
                self._views[name] = part.reshape(shape)
        return self._flat

    def __getitem__(self, name: str) -> np.ndarray:
        if self._flat is None and name in self.layout.shapes:
            _ = self.flat
        return self._views[name]

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        view = self[name]
        if value is not view:  # after `arrays[name] += value` it is, and nothing is left to do
            view[...] = value

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.shapes)

    def __len__(self) -> int:
        return len(self.layout.shapes)

    def zero(self) -> None:
        """Set every element to 0."""
        if self._flat is not None:
            self._flat[:] = 0

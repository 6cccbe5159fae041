"""Named views into one flat vector, and the buffers that a model keeps beside its parameters."""

import copy
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np

from minivit.destinations import Destinations, is_part, replacing
from minivit.params.layout import Layout

SHOWN = 20  # arrays that a repr shows at most


def ignore(place: str) -> None:
    """What is called for each place where nobody listens."""


class NamedArrays(Mapping):
    """Named views into one flat vector, which is made, full of zeros, on first use.

    `arrays["head.w"]` is a view; `arrays["head.w"] = value` and `arrays["head.w"] += value`
    write through it. `arrays.flat` is the whole vector. A copy has a vector of its own.

    `version` grows with every assignment, `zero` and optimiser step: so a backward can tell whether
    the parameters are still its forward's. A write into a view or into `flat` is not noticed.

    `buffers` holds what the layout's buffers are, in a vector of their own.
    """

    def __init__(
        self,
        layout: Layout,
        dtype,
        flat: np.ndarray | None = None,
        buffers: "NamedArrays | None" = None,
    ):
        self.layout = layout
        self.dtype = np.dtype(dtype)
        self.version = 0
        self._flat = flat
        self._buffers = buffers
        self._views: dict[str | None, np.ndarray | None] = {}
        self._stale: set[str] = set()  # names whose numbers the next `add` replaces
        self._given: set[int] = set()  # where arrays begin that must not be written in place
        self._added: Callable[[str], None] = ignore

    @property
    def flat(self) -> np.ndarray:
        """The vector (n,) behind all names."""
        if self._flat is None:
            self._flat = np.zeros(self.layout.size, self.dtype)
        return self._flat

    @property
    def buffers(self) -> "NamedArrays":
        """What the same places keep beside; they begin as declared, on first use."""
        if self._buffers is None:
            self._buffers = NamedArrays(self.layout.buffers, self.dtype)
            self._buffers.begin(0)
        return self._buffers

    @property
    def views(self) -> dict[str | None, np.ndarray | None]:
        """All views by name, and None under None: the array that a place does not have."""
        if not self._views:
            self._views[None] = None
            for name, shape in self.layout.shapes.items():
                start = self.layout.offsets[name]
                part = self.flat[start : start + math.prod(shape)]
                self._views[name] = part.reshape(shape)
        return self._views

    def of(self, place: str) -> tuple[np.ndarray | None, ...]:
        """The arrays of a place in the order of its op's inputs, None where one is absent."""
        views = self.views
        return tuple([views[name] for name in self.layout.places[place]])

    def put(self, place: str, arrays: Iterable[np.ndarray]) -> None:
        """Write the arrays of a place, in the order of `of`."""
        self.version += 1
        for view, array in zip(self.of(place), arrays, strict=True):
            view[...] = array

    def become(self, other: "NamedArrays") -> None:
        """Take over the numbers of arrays of the same layout, and of their buffers."""
        self.version += 1
        self.flat[:] = other.flat
        if self.layout.buffers:
            self.buffers.flat[:] = other.buffers.flat

    def add(self, place: str, gradients: tuple) -> np.ndarray:
        """Add what an op's backward returns, all but dx, to a place's arrays; return dx."""
        dx, *rest = gradients
        for name, gradient in zip(self.layout.places[place], rest, strict=True):
            if name in self._stale:
                self._stale.discard(name)
                self._given.add(self.layout.offsets[name])
                if not is_part(gradient, self.flat):  # else it was written there
                    self.views[name][...] = gradient
            elif name is not None:
                self.views[name] += gradient
        self._added(place)
        return dx

    @contextmanager
    def telling(self, added: Callable[[str], None]) -> Iterator[None]:
        """Inside, `added` is called with each place that gradients have been added to."""
        self._added = added
        try:
            yield
        finally:
            self._added = ignore

    @contextmanager
    def replaced(self, parameters: "NamedArrays") -> Iterator[None]:
        """Inside, what is added first to each array replaces its numbers: as after `zero`, without
        a pass over all of them. Kernels may write the gradients of the parameters in place.

        Each gradient is added before the next backward that uses the same array.
        """
        self.version += 1
        destinations = Destinations(parameters.flat, self.flat)
        self._stale, self._given = set(self.layout.shapes), destinations.given
        try:
            with replacing(destinations):
                yield
        finally:
            for name in self._stale:
                self.views[name][...] = 0
            self._stale = set()

    def begin(self, seed: int) -> None:
        """Fill every array as declared, name by name in the model's order, from one generator.

        Where an array names a partner, its `begin` draws both: arrays that belong together, as two
        factors of one product do.

        Values are drawn in float64 whatever the dtype: models of one seed differ by rounding alone.
        """
        rng, drawn = np.random.default_rng(seed), {}
        for name, parameter in self.layout.parameters.items():
            if name in drawn:
                self[name] = drawn.pop(name)
            elif parameter.partner is None:
                self[name] = parameter.begin(rng, parameter.shape)
            else:
                other = f"{name.rpartition('.')[0]}.{parameter.partner}"
                shapes = parameter.shape, self.layout.shapes[other]
                self[name], drawn[other] = parameter.begin(rng, *shapes)

    def zero(self) -> None:
        """Set every element to 0."""
        self.version += 1
        if self._flat is not None:
            self._flat[:] = 0

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.layout.shapes:
            raise KeyError(name)
        return self.views[name]

    def __setitem__(self, name: str, value: np.ndarray) -> None:
        view = self[name]
        self.version += 1
        if value is not view:  # after `arrays[name] += value` it is: already written
            view[...] = value

    def __repr__(self) -> str:
        """A line for each array; of more than SHOWN, for the first and the last."""
        shapes = self.layout.shapes
        lines = [f"  {name:<{max(map(len, shapes))}}  {shape}" for name, shape in shapes.items()]
        if len(lines) > SHOWN:
            lines[SHOWN // 2 : -SHOWN // 2] = [f"  ... {len(lines) - SHOWN} more"]
        total = f"{len(shapes)} arrays, {self.layout.size:,} numbers of {self.dtype}"
        return "\n".join([total, *lines])

    def _ipython_key_completions_(self) -> list[str]:
        """What IPython and Jupyter offer after `arrays["`."""
        return list(self)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layout.shapes)

    def __len__(self) -> int:
        return len(self.layout.shapes)

    def __reduce__(self):
        """How Python copies and pickles it: without views, which a copy makes of its own vector."""
        return NamedArrays, (self.layout, self.dtype, self._flat, self._buffers)

    def __copy__(self) -> "NamedArrays":
        flat = None if self._flat is None else self.flat.copy()
        return NamedArrays(self.layout, self.dtype, flat, copy.copy(self._buffers))

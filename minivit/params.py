"""Parameters: declared once, beside the forward that uses them; kept in one flat vector per role.

A model declares, place by place and in the order of the op's inputs, what it learns:

    {"head": {"w": Parameter((D, C), xavier_uniform, decayed=True), "b": Parameter((C,), zeros)}}

The optimiser walks the flat vector; the model asks for a place, `p.of("head")`; readers use the
names, `p["head.w"]`. All roles of a model (parameters, gradients, moments) share one layout, so
that element i of each belongs to the same weight.
"""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

import numpy as np

SHOWN = 20  # arrays that a repr shows at most


class Parameter(NamedTuple):
    """One array that a model learns."""

    shape: tuple[int, ...]
    begin: Callable  # (random generator, shape) -> the values at the start
    decayed: bool = False  # whether AdamW's weight decay applies
    partner: str | None = None  # a later array of the place, which `begin` draws too: it takes both
    #                             shapes and returns both values
    gate: bool = False  # whether all gradients of what lies before pass it, so that zeros stop them
    matrices: int = 0  # how many matrices of a block lie in it side by side (w_qkv: 3); 0: none


# {place: {name: ...}}. None: left out; "positions.offsets": that array, of another place, is used.
Declared = Mapping[str, Mapping[str, Parameter | str | None]]


class Layout:
    """Where each named array lies in the flat vector.

    Names keep the order of the model, from the pixels to the head. In memory the arrays that
    weight decay applies to come first: then decay is one slice, `flat[:decayed]`.
    """

    def __init__(self, declared: Declared):
        self.places = {
            place: tuple(
                f"{place}.{name}" if isinstance(given, Parameter) else given
                for name, given in group.items()
            )
            for place, group in declared.items()
        }
        self.parameters: dict[str, Parameter] = {
            f"{place}.{name}": parameter
            for place, group in declared.items()
            for name, parameter in group.items()
            if isinstance(parameter, Parameter)
        }
        self.shapes = {name: parameter.shape for name, parameter in self.parameters.items()}
        self.offsets: dict[str, int] = {}
        position = 0
        for name in sorted(self.shapes, key=lambda name: not self.is_decayed(name)):  # stable
            self.offsets[name] = position
            position += math.prod(self.shapes[name])
        self.size = position
        self.decayed = sum(math.prod(self.shapes[n]) for n in self.shapes if self.is_decayed(n))

    def is_decayed(self, name: str) -> bool:
        """Whether weight decay applies to the parameter of this name."""
        return self.parameters[name].decayed

    def part(self, names: Collection[str]) -> "Layout":
        """A layout of these parameters alone, in the same order; this one, if they are all."""
        if set(names) == set(self.parameters):
            return self
        declared: dict[str, dict[str, Parameter]] = {}
        for name, parameter in self.parameters.items():
            if name in names:
                place, _, last = name.rpartition(".")
                declared.setdefault(place, {})[last] = parameter
        return Layout(declared)

    def count(self, place: str) -> int:
        """How many numbers the place learns; what it uses of another place doesn't count."""
        names = [name for name in self.places.get(place, ()) if name]
        own = [name for name in names if name.rpartition(".")[0] == place]
        return sum(math.prod(self.shapes[name]) for name in own)


class NamedArrays(Mapping):
    """Named views into one flat vector, which is made, full of zeros, on first use.

    `arrays["head.w"]` is a view; `arrays["head.w"] = value` and `arrays["head.w"] += value`
    write through it. `arrays.flat` is the whole vector. A copy has a vector of its own.

    `version` grows with every assignment, `zero` and optimiser step: so a backward can tell whether
    the parameters are still its forward's. A write into a view or into `flat` is not noticed.
    """

    def __init__(self, layout: Layout, dtype, flat: np.ndarray | None = None):
        self.layout = layout
        self.dtype = np.dtype(dtype)
        self.version = 0
        self._flat = flat
        self._views: dict[str | None, np.ndarray | None] = {}

    @property
    def flat(self) -> np.ndarray:
        """The vector (n,) behind all names."""
        if self._flat is None:
            self._flat = np.zeros(self.layout.size, self.dtype)
        return self._flat

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

    def add(self, place: str, gradients: tuple) -> np.ndarray:
        """Add what an op's backward returns, all but dx, to a place's arrays; return dx."""
        dx, *rest = gradients
        for array, gradient in zip(self.of(place), rest, strict=True):
            if array is not None:
                array += gradient
        return dx

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
        return NamedArrays, (self.layout, self.dtype, self._flat)

    def __copy__(self) -> "NamedArrays":
        return NamedArrays(
            self.layout, self.dtype, None if self._flat is None else self.flat.copy()
        )

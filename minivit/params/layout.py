"""What a model declares of its parameters and buffers, and where each lies in a flat vector.

A model declares, place by place and in the order of the op's inputs, what it learns:

    {"head": {"w": Parameter((D, C), xavier_uniform, decayed=True), "b": Parameter((C,), zeros)}}

The optimiser walks the flat vector; the model asks for a place, `p.of("head")`; readers use the
names, `p["head.w"]`. All roles of a model (parameters, gradients, moments) share one layout, so
that element i of each belongs to the same weight. A buffer is what a place keeps and nobody learns,
such as BatchNorm's running statistics; the buffers have a layout and a vector of their own.
"""

import math
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple


class Parameter(NamedTuple):
    """One array that a model learns."""

    shape: tuple[int, ...]
    begin: Callable  # (random generator, shape) -> the values at the start
    decayed: bool = False  # whether AdamW's weight decay applies
    partner: str | None = None  # a later array of the place, which `begin` draws too: it takes both
    #                             shapes and returns both values
    gate: bool = False  # whether all gradients of what lies before pass it, so that zeros stop them
    matrices: int = 0  # how many matrices of a block lie in it side by side (w_qkv: 3); 0: none.
    #                    Filters (rows, columns, in, out) are one: (rows columns in, out)


class Buffer(NamedTuple):
    """One array that a place keeps from step to step, and that nobody learns: no gradient."""

    shape: tuple[int, ...]
    begin: Callable  # as a parameter's, from constants
    least: float = -math.inf  # no number in it may be smaller

    decayed, partner = False, None  # a step of the optimiser knows nothing of it


# {place: {name: ...}}. None: left out; "positions.offsets": that array, of another place, is used.
Declared = Mapping[str, Mapping[str, Parameter | Buffer | str | None]]


class Layout:
    """Where each named array lies in the flat vector.

    Names keep the order of the model, from the pixels to the head. In memory the arrays that
    weight decay applies to come first: then decay is one slice, `flat[:decayed]`.

    It is a layout of what is of one `kind`: the parameters, or, as their layout's `buffers`, the
    buffers alone.
    """

    def __init__(self, declared: Declared, kind: type = Parameter):
        of_kind = split(declared, buffers=kind is Buffer)
        self.buffers = None if kind is Buffer else Layout(declared, Buffer)
        self.places = {
            place: tuple(
                f"{place}.{name}" if isinstance(given, kind) else given
                for name, given in group.items()
            )
            for place, group in of_kind.items()
        }
        self.parameters: dict[str, Parameter | Buffer] = {
            f"{place}.{name}": given
            for place, group in of_kind.items()
            for name, given in group.items()
            if isinstance(given, kind)
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


def split(declared: Declared, *, buffers: bool) -> Declared:
    """Of what is declared the buffers alone, at the places that have any; or all else."""
    found = {
        place: {name: part for name, part in group.items() if isinstance(part, Buffer) == buffers}
        for place, group in declared.items()
    }
    return {place: group for place, group in found.items() if group or not buffers}

"""A forward and a backward pass with every intermediate kept by name.

The model runs as always, on the NumPy ops. Each op notes its arrays, and the trace keeps them with
the op's cache, under the name of its place: an array for every arrow of the paper's figure 1,
and its gradient. No op and no model is written a second time for it.
"""

from functools import partial
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.models.architecture import Architecture
from minivit.models.chance import Chance
from minivit.models.gradient_inputs import check_dlogits, check_unchanged
from minivit.params import NamedArrays


class Noted(NamedTuple):
    """An op's cache, and what it noted."""

    cache: object
    values: dict[str, np.ndarray]
    gradients: dict[str, np.ndarray]


class NotingOps:
    """`minivit.ops`, where each op's notes are kept in its cache."""

    def __getattr__(self, name: str):
        way = forward if name.endswith("_forward") else backward
        return partial(way, getattr(ops, name))


def forward(op, *inputs, **options):
    values = {}
    y, cache = op(*inputs, **options, note=partial(keep, values))
    return y, Noted(cache, values, {})


def backward(op, dy, noted: Noted, **options):
    return op(dy, noted.cache, **options, note=partial(keep, noted.gradients))


def keep(kept: dict[str, np.ndarray], /, **arrays: np.ndarray) -> None:
    """Keep read-only views: whoever looks at a trace must not change the model's run."""
    for name, array in arrays.items():
        kept[name] = np.asarray(array)[...]
        kept[name].flags.writeable = False


class Trace:
    """`values[name]` after construction; `gradients[name]` after `backward`.

    A name, "blocks.0.attention.probs", is the place and what its op calls the array. `gradients`
    holds the parameters' gradients too, under the parameters' names; a model's own `gradients` are
    left alone. All arrays are read-only.
    """

    def __init__(
        self,
        architecture: Architecture,
        config,
        parameters: NamedArrays,
        images: np.ndarray,
        chance: Chance,
    ):
        self.architecture, self.config, self.parameters = architecture, config, parameters
        self.noted: dict[str, Noted] = {}
        self.version = parameters.version
        self.logits = architecture.forward(  # (B, C)
            NotingOps(), parameters, config, images, self.noted, chance
        )
        self.values = by_name({place: noted.values for place, noted in self.noted.items()})
        self.gradients: dict[str, np.ndarray] = {}

    def __repr__(self) -> str:
        return f"a trace of {len(self.values)} arrays, from {', '.join([*self.values][:3])}, ..."

    def backward(self, dlogits: np.ndarray) -> None:
        """Fill `gradients` from dlogits (B, C), in mirror order of the forward pass.

        Raises InputError for dlogits of another shape, and when the parameters have changed.
        """
        check_unchanged(self.parameters, self.version)
        dlogits = check_dlogits(dlogits, self.logits.shape, self.logits.dtype)
        for noted in self.noted.values():
            noted.gradients.clear()
        g = NamedArrays(self.parameters.layout, self.parameters.dtype)
        self.architecture.backward(NotingOps(), g, self.config, dlogits, dict(self.noted), True)
        found = by_name({place: noted.gradients for place, noted in self.noted.items()})
        self.gradients = {name: found[name] for name in self.values} | dict(g)


def by_name(places: dict[str, dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """{place: {name: array}} -> {"place.name": array}."""
    return {f"{place}.{name}": a for place, arrays in places.items() for name, a in arrays.items()}

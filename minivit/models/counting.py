"""The cost of each place of a model, counted in a forward of an empty batch: nothing is computed.

The model runs on a batch of zero images, with parameters of zero stride: every shape comes out, and
no memory is taken. Neither a model nor an op is known here by name.
"""

import math
from functools import partial
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.models.architecture import Architecture
from minivit.models.chance import Chance
from minivit.models.stand_ins import StandIns
from minivit.params import Layout


class Stage(NamedTuple):
    """A place, and what runs there."""

    name: str
    shape: tuple[int, ...]  # of what it returns, without the batch; () where no op runs, and where
    #                         it returns no batch: filters
    parameters: int
    flops: int  # of the forward, per image
    kept: int  # numbers remembered for the backward, per image, by the NumPy backend


class Counted(NamedTuple):
    """What stands for an op's cache in a run that counts."""

    shape: tuple[int, ...]
    flops: int
    kept: int


class CountingOps:
    """`minivit.ops`, forward only, where each op's costs are its cache."""

    def __init__(self):
        # By all caches so far. The arrays stay alive, so that their ids stay theirs.
        self.kept: dict[int, np.ndarray] = {}

    def __getattr__(self, name: str):
        flops = getattr(ops, name.replace("_forward", "_flops"), no_products)
        return partial(counted, self.kept, getattr(ops, name), flops)


def counted(kept: dict, forward, flops, *inputs, **options):
    y, cache = forward(*inputs, **options)
    shape = () if len(y) else y.shape[1:]  # the batch is empty
    return y, Counted(shape, flops(*inputs, **options), kept_numbers(cache, kept))


def no_products(*inputs, **options) -> int:
    return 0


def kept_numbers(cache, kept: dict[int, np.ndarray]) -> int:
    """Numbers per image in those arrays of a cache whose first axis is the empty batch.

    An array that an earlier cache holds is not kept again; what is new is added to `kept`.
    """
    arrays: dict[int, np.ndarray] = {}
    collect(cache, arrays)
    batches = {key: array for key, array in arrays.items() if array.ndim and not len(array)}
    new = [array for key, array in batches.items() if key not in kept]
    kept |= batches
    return sum(math.prod(array.shape[1:]) for array in new)


def collect(part, arrays: dict[int, np.ndarray]) -> None:
    """Gather every array in a tree of named tuples, each once, under its id."""
    if isinstance(part, np.ndarray):
        arrays[id(part)] = part
    elif isinstance(part, tuple):
        for inner in part:
            collect(inner, arrays)


def stages(architecture: Architecture, config) -> list[Stage]:
    """Every place, in the order of the forward; then the places of parameters that others share."""
    layout, run = Layout(architecture.parameters(config)), {}
    images = np.empty((0, *config.image, config.channels), np.float32)
    architecture.forward(CountingOps(), StandIns(layout), config, images, run, Chance())
    rows = [Stage(place, c.shape, layout.count(place), c.flops, c.kept) for place, c in run.items()]
    shared = [place for place in layout.places if place not in run and layout.count(place)]
    return rows + [Stage(place, (), layout.count(place), 0, 0) for place in shared]

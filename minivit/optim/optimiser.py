"""What all optimisers have in common: what they move, what they remember, how they are called."""

import copy
from abc import ABC, abstractmethod
from collections.abc import Collection

from minivit.errors import InputError
from minivit.optim.freezing import ranges_of
from minivit.params import NamedArrays


class Optimiser(ABC):
    """Moves a model's parameters, one step for a gradient.

    `names` are those that learn; None: all of them. `steps` counts the steps.
    """

    def __init__(self, parameters: NamedArrays, names: Collection[str] | None):
        self.parameters = parameters
        self.names = list(parameters if names is None else names)
        self.ranges = ranges_of(parameters.layout, self.names)
        self.steps = 0

    @property
    @abstractmethod
    def moments(self) -> dict[str, NamedArrays]:
        """What it remembers from step to step, by the names of the groups in a checkpoint.

        With the number of steps that is all: an optimiser with the same goes on in the same way.
        """

    def step(self, gradients: NamedArrays, learning_rate: float, scale: float = 1.0) -> None:
        """Move all that learns once; `scale` multiplies the gradients first (see `clip_scale`)."""
        self.steps += 1
        self.parameters.version += 1
        self.move(gradients, learning_rate, scale)

    @abstractmethod
    def move(self, gradients: NamedArrays, learning_rate: float, scale: float) -> None:
        """The step itself: it has been counted, from 1."""

    def zeros(self) -> NamedArrays:
        """A moment as it begins: an array for each parameter that learns."""
        return NamedArrays(self.parameters.layout.part(self.names), self.parameters.dtype)

    def __copy__(self) -> "Optimiser":
        """A deep copy: it has parameters and moments of its own."""
        return copy.deepcopy(self)


def check_part(name: str, value: float) -> None:
    """InputError unless the value is from 0 to below 1."""
    if not 0 <= value < 1:
        raise InputError(f"{name} is {value}: expected a number from 0 to below 1")


def check_decay(weight_decay: float) -> None:
    """InputError for a negative weight decay."""
    if not weight_decay >= 0:
        raise InputError(f"weight decay is {weight_decay}: expected 0 or more")

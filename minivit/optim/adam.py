"""Adam and AdamW on a model's flat vectors."""

import copy

from minivit import backend
from minivit.errors import InputError
from minivit.params import NamedArrays


class Adam:
    """Adam with bias correction; with `weight_decay` it is AdamW.

    The mathematics is `minivit.ops.adam.adam_step`. Decay applies where the declaration says
    so (`Parameter.decayed`). The moments have the names and the layout of the parameters.
    """

    def __init__(
        self,
        parameters: NamedArrays,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ):
        """Raises InputError for a beta outside [0, 1) or a negative weight decay."""
        for name, beta in (("beta1", beta1), ("beta2", beta2)):
            if not 0 <= beta < 1:
                raise InputError(f"{name} is {beta}: expected a number from 0 to below 1")
        if not weight_decay >= 0:
            raise InputError(f"weight decay is {weight_decay}: expected 0 or more")
        self.parameters = parameters
        self.first_moment = NamedArrays(parameters.layout, parameters.dtype)
        self.second_moment = NamedArrays(parameters.layout, parameters.dtype)
        self.options = {"beta1": beta1, "beta2": beta2, "eps": eps, "weight_decay": weight_decay}
        self.steps = 0

    def step(self, gradients: NamedArrays, learning_rate: float, scale: float = 1.0) -> None:
        """Move all parameters once; `scale` multiplies the gradients first (see `clip_scale`)."""
        self.steps += 1
        self.parameters.version += 1
        backend.current().adam_step(
            self.parameters.flat,
            gradients.flat,
            self.first_moment.flat,
            self.second_moment.flat,
            step=self.steps,
            learning_rate=learning_rate,
            decayed=self.parameters.layout.decayed,
            scale=scale,
            **self.options,
        )

    def __copy__(self) -> "Adam":
        """A deep copy: it has parameters and moments of its own."""
        return copy.deepcopy(self)

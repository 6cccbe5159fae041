"""SGD, with momentum if it is asked for, on a model's flat vectors."""

from collections.abc import Collection

from minivit import backend
from minivit.errors import InputError
from minivit.optim.optimiser import Optimiser, check_decay, check_part
from minivit.params import NamedArrays


class SGD(Optimiser):
    """Stochastic gradient descent, as PyTorch has it.

    The mathematics is `minivit.ops.sgd.sgd_step`. Weight decay is a part of the gradient, where
    the declaration says so (`Parameter.decayed`). Without momentum nothing is remembered.
    """

    def __init__(
        self,
        parameters: NamedArrays,
        *,
        momentum: float = 0.9,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        names: Collection[str] | None = None,
    ):
        """Raises InputError for momentum outside [0, 1), a negative weight decay, and Nesterov's
        look ahead without momentum.
        """
        check_part("momentum", momentum)
        check_decay(weight_decay)
        if nesterov and not momentum:
            raise InputError(
                "nesterov looks ahead along the momentum, which is 0: choose a momentum such as "
                "0.9, or leave nesterov out"
            )
        super().__init__(parameters, names)
        self.velocity = self.zeros() if momentum else None
        self.options = {"momentum": momentum, "nesterov": nesterov, "weight_decay": weight_decay}

    @property
    def moments(self) -> dict[str, NamedArrays]:
        return {} if self.velocity is None else {"velocity": self.velocity}

    def move(self, gradients: NamedArrays, learning_rate: float, scale: float) -> None:
        for each in self.ranges:
            backend.current().sgd_step(
                each.of(self.parameters.flat),
                each.of(gradients.flat),
                None if self.velocity is None else each.alone(self.velocity.flat),
                learning_rate=learning_rate,
                decayed=each.decayed,
                scale=scale,
                **self.options,
            )

"""Adam and AdamW on a model's flat vectors."""

from collections.abc import Collection

from minivit import backend
from minivit.optim.optimiser import Optimiser, check_decay, check_part
from minivit.params import NamedArrays


class Adam(Optimiser):
    """Adam with bias correction; with `weight_decay` it is AdamW.

    The mathematics is `minivit.ops.adam.adam_step`. Decay applies where the declaration says
    so (`Parameter.decayed`). With `decoupled=False` it is added to the gradient, as in PyTorch's
    Adam. The moments have the names of the parameters that learn.
    """

    def __init__(
        self,
        parameters: NamedArrays,
        *,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        decoupled: bool = True,
        names: Collection[str] | None = None,
    ):
        """Raises InputError for a beta outside [0, 1) or a negative weight decay."""
        check_part("beta1", beta1)
        check_part("beta2", beta2)
        check_decay(weight_decay)
        super().__init__(parameters, names)
        self.first_moment, self.second_moment = self.zeros(), self.zeros()
        self.options = {"beta1": beta1, "beta2": beta2, "eps": eps}
        self.options |= {"weight_decay": weight_decay, "decoupled": decoupled}

    @property
    def moments(self) -> dict[str, NamedArrays]:
        return {"first_moment": self.first_moment, "second_moment": self.second_moment}

    def move(self, gradients: NamedArrays, learning_rate: float, scale: float) -> None:
        for each in self.ranges:
            backend.current().adam_step(
                each.of(self.parameters.flat),
                each.of(gradients.flat),
                each.alone(self.first_moment.flat),
                each.alone(self.second_moment.flat),
                step=self.steps,
                learning_rate=learning_rate,
                decayed=each.decayed,
                scale=scale,
                **self.options,
            )

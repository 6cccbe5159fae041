"""Muon for the matrices of the blocks, and for filters that no one standardises; else AdamW."""

from collections.abc import Collection

import numpy as np

from minivit import backend
from minivit.optim.adam import Adam
from minivit.optim.optimiser import check_part
from minivit.params import NamedArrays


class Muon(Adam):
    """AdamW, but matrices and filters that are declared so (`Parameter.matrices`) step by Muon.

    The mathematics is `minivit.ops.muon.muon_step`. Embeddings, positions, norms, biases and the
    head are AdamW's: there a row is a thing of its own, or there is no matrix.
    """

    def __init__(
        self,
        parameters: NamedArrays,
        *,
        momentum: float = 0.95,
        beta1: float = 0.9,
        beta2: float = 0.999,
        eps: float = 1e-8,
        weight_decay: float = 0.0,
        names: Collection[str] | None = None,
    ):
        """Raises InputError for momentum or a beta outside [0, 1), or a negative weight decay."""
        check_part("momentum", momentum)
        declared = parameters.layout.parameters
        names = list(parameters if names is None else names)
        rest = [name for name in names if not declared[name].matrices]
        super().__init__(
            parameters, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay, names=rest
        )
        self.momentum, self.weight_decay = momentum, weight_decay
        matrices = [name for name in names if declared[name].matrices]
        self.velocity = NamedArrays(parameters.layout.part(matrices), parameters.dtype)

    @property
    def moments(self) -> dict[str, NamedArrays]:
        return {**super().moments, "velocity": self.velocity}

    def move(self, gradients: NamedArrays, learning_rate: float, scale: float) -> None:
        super().move(gradients, learning_rate, scale)
        for name, velocity in self.velocity.items():
            declared = self.parameters.layout.parameters[name]
            backend.current().muon_step(
                *[as_matrix(array) for array in (self.parameters[name], gradients[name], velocity)],
                learning_rate=learning_rate,
                momentum=self.momentum,
                weight_decay=self.weight_decay if declared.decayed else 0.0,
                matrices=declared.matrices,
                scale=scale,
            )


def as_matrix(array: np.ndarray) -> np.ndarray:
    """A view: a matrix as it is, filters (rows, columns, in, out) as (rows columns in, out)."""
    return array.reshape(-1, array.shape[-1])

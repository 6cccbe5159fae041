"""The gradients of a forward for any dy: the table d y / d x by central differences, made once."""

from collections.abc import Callable, Mapping

import numpy as np

from minivit.checking.differences import data_scale
from minivit.checking.law import UnlawfulError
from minivit.checking.trial import OpError, Trial

STEP = 3e-6  # times the scale of the data
MOST = 4_000_000  # numbers of a table


class Slopes:
    """A forward at a point. A ValueError where it can't be called, or is too large for a table."""

    def __init__(self, forward: Callable, inputs: Mapping, options: Mapping):
        self.inputs, self.tables = inputs, {}
        self.trial = Trial(forward, None, inputs, options)
        try:
            self.y = self.trial.output(inputs)
        except (OpError, UnlawfulError) as error:
            raise ValueError(str(error)) from error

    def gradients(self, dy: np.ndarray) -> dict[str, np.ndarray | None]:
        """{"dx": ...}, None for an input that is None."""
        return {f"d{name}": self.gradient(name, dy) for name in self.inputs}

    def gradient(self, name: str, dy: np.ndarray) -> np.ndarray | None:
        x = self.inputs[name]
        if x is None:
            return None
        if name not in self.tables:
            self.tables[name] = self.table(name, x)
        return (self.tables[name] @ dy.reshape(-1)).reshape(x.shape)

    def table(self, name: str, x: np.ndarray) -> np.ndarray:
        """(x.size, y.size), how fast each element of y grows with each of x."""
        if x.size * self.y.size > MOST:
            raise ValueError(f"d y / d {name} would be {x.size} x {self.y.size} numbers")
        slopes, step = np.empty((x.size, self.y.size)), STEP * data_scale(x)
        for n, index in enumerate(np.ndindex(x.shape)):
            up, down = x.copy(), x.copy()
            up[index] += step
            down[index] -= step
            change = self.output(name, up) - self.output(name, down)
            slopes[n] = change / (up[index] - down[index])
        return slopes

    def output(self, name: str, x: np.ndarray) -> np.ndarray:
        return self.trial.output_near(name, x, self.y.size)

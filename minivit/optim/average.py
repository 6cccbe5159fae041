"""The exponential average of the weights, which is often a better model than the last weights.

    a = a + (1 - d) / (1 - d^t) (p - a)              after step t = 1, 2, ...

A weighted mean of all weights so far, in which those of n steps ago count d^n: of the last
1 / (1 - d) steps or so. (Polyak and Juditsky 1992 average with equal weights; the ViT paper with
d = 0.9999, appendix B.1.1 and table 2.) Without the denominator, Adam's bias correction, it would
lean on the weights of the beginning for long.
"""

from collections.abc import Collection

from minivit.optim.freezing import ranges_of
from minivit.optim.optimiser import check_part
from minivit.params import NamedArrays

CHUNK = 1 << 16  # numbers; the temporaries of one chunk stay in the cache


class Average:
    """The average of a model's parameters, as far as they learn; it begins as they are.

    `arrays` are named as the parameters that learn. With the number of steps they are all that it
    remembers.
    """

    def __init__(
        self, parameters: NamedArrays, decay: float, *, names: Collection[str] | None = None
    ):
        """Raises InputError for a decay outside [0, 1)."""
        check_part("average", decay)
        names = list(parameters if names is None else names)
        self.parameters, self.decay = parameters, decay
        self.ranges = ranges_of(parameters.layout, names)
        self.arrays = NamedArrays(parameters.layout.part(names), parameters.dtype)
        for each in self.ranges:
            each.alone(self.arrays.flat)[:] = each.of(parameters.flat)

    def update(self, step: int) -> None:
        """Take in the parameters as they are after step number `step`, counted from 1."""
        share = (1 - self.decay) / (1 - self.decay**step)
        for each in self.ranges:
            average, new = each.alone(self.arrays.flat), each.of(self.parameters.flat)
            for start in range(0, len(new), CHUNK):
                part = slice(start, start + CHUNK)
                average[part] += (new[part] - average[part]) * share

    def write_into(self, parameters: NamedArrays) -> None:
        """Put the averages into another model's parameters; what is frozen has none."""
        parameters.version += 1
        for each in self.ranges:
            each.of(parameters.flat)[:] = each.alone(self.arrays.flat)

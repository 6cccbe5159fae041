"""What a training step leaves to chance; the use of a model leaves nothing to it."""

from typing import NamedTuple

from minivit.ops.chance import mixed
from minivit.ops.stochastic_depth import Drop


class Chance(NamedTuple):
    """The seed of a step, mixed from run and step; None: nothing is left to chance.

    Every draw has a seed of its own, mixed from this one, from the place and from its purpose.

    What is drawn for an image depends on its number in the whole batch; the part at hand begins at
    `first_image`. So the parts of a batch draw what the whole batch would.
    """

    seed: int | None = None
    first_image: int = 0

    def drop(self, place: str, rate: float) -> Drop | None:
        """What the branch at this place leaves out."""
        if self.seed is None or not rate:
            return None
        return Drop(rate, mixed(self.seed, place, "stochastic depth"), self.first_image)

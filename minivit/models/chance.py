"""What is left to chance in a training step, and nothing in the use of a model."""

from typing import NamedTuple

from minivit.ops.chance import mixed
from minivit.ops.stochastic_depth import Drop


class Chance(NamedTuple):
    """The seed of a step, mixed from run and step; None: nothing is left to chance.

    Whatever is drawn gets a seed of its own, mixed with the place and with what it is for.

    What is drawn for an image depends on its number in the whole batch, whose part begins at
    `first_image`: a batch in parts draws what the whole one would.
    """

    seed: int | None = None
    first_image: int = 0

    def drop(self, place: str, rate: float) -> Drop | None:
        """What the branch at this place leaves out."""
        if self.seed is None or not rate:
            return None
        return Drop(rate, mixed(self.seed, place, "stochastic depth"), self.first_image)

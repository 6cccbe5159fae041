"""What a training step leaves to chance; the use of a model leaves nothing to it."""

from typing import NamedTuple

from minivit.ops.chance import ALL_KEPT, BranchDrop, Drop, mixed
from minivit.ops.masking import Masking
from minivit.optim.freezing import is_at


class Chance(NamedTuple):
    """The seed of a step, mixed from run and step; None: nothing is left to chance.

    Every draw has a seed of its own, mixed from this one, from the place and from its purpose.

    What is drawn for an image depends on its number in the whole batch; the part at hand begins at
    `first_image`. So the parts of a batch draw what the whole batch would.
    """

    seed: int | None = None
    first_image: int = 0
    frozen: tuple[str, ...] = ()  # places that don't learn

    def learns(self, place: str) -> bool:
        """Whether this is a step of training in which the place learns.

        Then BatchNorm normalises by the batch there, and else by its running statistics: what is
        frozen stays as it is, and so do they.
        """
        return self.seed is not None and not any(is_at(place, frozen) for frozen in self.frozen)

    def drop(self, place: str, purpose: str, rate: float) -> Drop | None:
        """What is left out at this place for this purpose; None: nothing."""
        if self.seed is None or not rate:
            return None
        return Drop(rate, mixed(self.seed, place, purpose), self.first_image)

    def masking(self, c) -> Masking:
        """Which patches are hidden; without a seed, always the same."""
        return Masking(c.patches, c.hidden, mixed(self.seed or 0, "hidden"), self.first_image)

    def branch(self, place: str, *, inside: float, out: float, images: float) -> BranchDrop:
        """What the branch at this place leaves out, at these rates."""
        if self.seed is None:
            return ALL_KEPT
        return BranchDrop(
            self.drop(place, "inside", inside),
            self.drop(place, "out", out),
            self.drop(place, "stochastic depth", images),
        )


def dropout_forward(ops, place: str, rate: float, x, caches, chance: Chance):
    """x (B, T, D) -> (B, T, D), at a place of its own; x itself where nothing is dropped."""
    drop = chance.drop(place, "out", rate)
    if drop is not None:
        x, caches[place] = ops.dropout_forward(x, drop=drop)
    return x


def dropout_backward(ops, place: str, dx, caches):
    """dx (B, T, D) -> (B, T, D)."""
    return ops.dropout_backward(dx, caches.pop(place)) if place in caches else dx

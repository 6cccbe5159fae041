"""The six models that are timed, from digits-bench to ViT-B/16, and what a step of each costs.

digits-bench is not the model that `minivit train` trains: that one, digits, is too small to time.
"""

from dataclasses import dataclass

from minivit.errors import InputError
from minivit.models import ViTConfig, variant
from minivit.models.cost import cost


@dataclass(frozen=True)
class Case:
    """A model and the batch that it is trained with."""

    config: ViTConfig
    batch: int

    @property
    def name(self) -> str:
        return self.config.name

    @property
    def step_flops(self) -> int:
        """FLOPs of a training step: those of the matrix products, as `minivit info` counts them."""
        return cost(self.config, batch=self.batch).step_flops

    @property
    def inference_flops(self) -> int:
        """FLOPs of the forward alone: a third."""
        return cost(self.config, batch=self.batch).forward_flops * self.batch


def vit(name, image, patch, channels, width, depth, heads, classes=10) -> ViTConfig:
    """A ViT for square images, with the usual MLP of M = 4 D."""
    sides = (image, image), channels, (patch, patch)
    return ViTConfig(*sides, width, depth, heads, 4 * width, classes, name=name)


CASES = {
    case.name: case
    for case in (
        Case(vit("digits-bench", 8, 2, 1, 64, 4, 4), 64),
        Case(vit("fashion", 28, 4, 1, 64, 6, 4), 128),
        Case(vit("cifar", 32, 4, 3, 192, 9, 3), 64),
        Case(variant("Ti/16"), 8),
        Case(variant("S/16"), 8),
        Case(variant("B/16"), 4),
    )
}
# For the tests: every path of a benchmark in a fraction of a second.
TINY = Case(vit("tiny", 4, 2, 1, 8, 1, 2), 4)


def cases(names: str | None) -> list[Case]:
    """The cases of a list such as "digits-bench,B/16", all if there is none.

    Raises InputError for an unknown name.
    """
    chosen = names.split(",") if names else list(CASES)
    known = {**CASES, "tiny": TINY}
    for name in chosen:
        if name not in known:
            raise InputError(
                f"there is no configuration {name!r} to time; choose from {', '.join(CASES)}, "
                "with commas between them"
            )
    return [known[name] for name in chosen]

"""The sizes and options of a ResNet: those of its backbone, and what goes in and comes out."""

import math
from dataclasses import dataclass
from typing import ClassVar

from minivit.errors import InputError
from minivit.fields import check_fields, in_words, like
from minivit.models.backbone_options import Backbone, check_backbone
from minivit.models.config import ViTConfig
from minivit.models.limits import check_resnet_sizes


@dataclass(frozen=True)
class ResNetConfig(Backbone):
    """Everything that decides the shapes and the mathematics of a ResNet (BiT).

    Raises InputError when the sizes do not fit together.
    """

    family: ClassVar[str] = "ResNet"
    depth: ClassVar[int] = 0  # it has no blocks,
    positions: ClassVar[str] = "none"  # no positions,
    pool: ClassVar[str] = "mean"  # and its head reads the mean of the last map

    image: tuple[int, int] = like(ViTConfig, "image")
    channels: int = like(ViTConfig, "channels")
    classes: int = like(ViTConfig, "classes")
    eps: float = like(ViTConfig, "eps")
    name: str = ""

    def __post_init__(self):
        check_fields(self)
        if self.root is None:
            raise InputError("root is None: a ResNet begins with its root; choose 64, say")
        check_backbone(self)
        check_resnet_sizes(self)

    @property
    def grid(self) -> tuple[int, int]:
        """Places of the last map along (height, width)."""
        return self.map_sides

    @property
    def tokens(self) -> int:
        """The number of places of the last map."""
        return math.prod(self.map_sides)

    @property
    def pooled(self) -> int:
        """The numbers that are pooled from an image: the channels of the last map."""
        return self.map_channels

    @property
    def sizes_in_words(self) -> str:
        """What a model of this kind is always told by."""
        return f"images {in_words((*self.image, self.channels))}"

    @property
    def kept_of_features(self) -> int:
        """The numbers that `features` returns of an image: the maps of the root and the stages."""
        steps = self.steps()[self.root_pool :]  # what is pooled is no map of its own
        stages = range(len(self.stages or ()))
        channels = [self.root, *(self.stage_channels(stage) for stage in stages)]
        maps = zip(steps, channels, strict=True)
        return sum(math.prod(step.sides) * count for step, count in maps)

    @property
    def burden(self) -> tuple[str, str]:
        """What makes an image large, and how it would be smaller."""
        return f"{in_words(self.image)} pixels each", "smaller images"

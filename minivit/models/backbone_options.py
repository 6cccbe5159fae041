"""What a backbone is: the options of the convolutions in front of a hybrid, or of a whole ResNet.

The root is one convolution, and maybe max-pooling. Each stage is a row of units, of three
convolutions each, or of two. All sides of maps follow from XLA's SAME: ceil(side / stride).
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

from minivit.errors import InputError
from minivit.fields import described, described_fields
from minivit.models.configuration import Configuration

WINDOW = 3  # the side of the window of a unit's convolutions, where it isn't one pixel


class Kind(NamedTuple):
    """What there is to know of a kind of unit."""

    windows: int  # how many convolutions of 3x3 it has
    widening: int  # its channels out over those inside
    pool: int  # the side of the root's max-pooling


UNITS = {"bottleneck": Kind(1, 4, 3), "plain": Kind(2, 1, 2)}
NORMS = ("group", "batch")


class Step(NamedTuple):
    """What slides one or more times over maps, and what it makes."""

    name: str
    window: int  # its side
    count: int  # how many slide, one after the other; the first one has the stride
    sides: tuple[int, int]  # of the map that comes out


@dataclass(frozen=True, kw_only=True)
class Backbone(Configuration):
    """The options; `image` and `channels` are told by the configuration that has them."""

    root: int | None = described(
        "channels of the convolution that stands first; none: there is no backbone, and patches "
        "are cut out of the image",
        default=None, least=1, group="backbone",
    )  # fmt: skip
    root_side: int = described(
        "side of the first convolution's window", default=7, least=1, group="backbone"
    )
    root_stride: int = described(
        "pixels from one stop of the first convolution to the next",
        default=2, least=1, group="backbone",
    )  # fmt: skip
    root_pool: bool = described(
        "halve the first map's sides by 3x3 max-pooling; with plain units 2x2, before the norm",
        default=True, group="backbone",
    )  # fmt: skip
    stages: tuple[int, ...] | None = described(
        "units of each stage, such as 3x4x9; each stage but the first halves the map's sides, and "
        "doubles the channels; the first makes four times the root's, with plain units as many; "
        "none: only the root",
        default=None, least=1, group="backbone",
    )  # fmt: skip
    unit: str = described(
        "what a stage is a row of: convolutions of 1x1, 3x3, 1x1 beside a shortcut (bottleneck), "
        "or two of 3x3 (plain): the first of a stage is max-pooled, 2x2",
        default="bottleneck", choices=tuple(UNITS), group="backbone",
    )  # fmt: skip
    norm: str = described(
        "the norm behind a convolution: GroupNorm, and filters are standardised (group), or "
        "BatchNorm, and they are as they are (batch)",
        default="group", choices=NORMS, group="backbone",
    )  # fmt: skip
    groups: int = described(
        "groups of channels that GroupNorm normalises; must divide the root's channels",
        default=32, least=1, group="backbone",
    )  # fmt: skip

    @property
    def map_channels(self) -> int:
        """The channels of what the backbone makes; those of the image, if there is none."""
        if self.root is None:
            return self.channels
        return self.stage_channels(len(self.stages) - 1) if self.stages else self.root

    @property
    def map_sides(self) -> tuple[int, int]:
        """The sides of what the backbone makes; those of the image, if there is none."""
        return self.image if self.root is None else self.steps()[-1].sides

    @property
    def map_step(self) -> int:
        """Pixels of the image from one place of the map to the next; 1, if there is no backbone."""
        if self.root is None:
            return 1
        return self.root_stride * 2 ** (self.root_pool + max(len(self.stages or ()) - 1, 0))

    @property
    def units(self) -> int:
        """How many units there are in all stages."""
        return sum(self.stages or ())

    @property
    def has_max_pooling(self) -> bool:
        """Whether there is a maximum of neighbours, which has no gradient where they are equal."""
        plain_stages = self.unit == "plain" and len(self.stages or ()) > 1
        return self.root is not None and (self.root_pool or plain_stages)

    def unit_channels(self, stage: int) -> int:
        """The channels inside the units of a stage, counted from 0."""
        return self.root * 2**stage

    def stage_channels(self, stage: int) -> int:
        """The channels that the units of a stage make."""
        return self.unit_channels(stage) * self.kind.widening

    @property
    def kind(self) -> Kind:
        """What its units are."""
        return UNITS[self.unit]

    def steps(self) -> list[Step]:
        """From the root to the last stage."""
        sides = halved(self.image, self.root_stride)
        found = [Step("the root's convolution", self.root_side, 1, sides)]
        if self.root_pool:
            sides = halved(sides)
            found.append(Step("the root's max-pooling", self.kind.pool, 1, sides))
        for stage, units in enumerate(self.stages or ()):
            sides = halved(sides) if stage else sides
            windows = units * self.kind.windows
            found.append(Step(f"stage {stage + 1}", WINDOW, windows, sides))
        return found


def halved(sides: tuple[int, int], stride: int = 2) -> tuple[int, int]:
    """The sides of a map after a stride, with what lies beside it filled up: ceil."""
    height, width = sides
    return -(-height // stride), -(-width // stride)


def check_backbone(c: Backbone) -> None:
    """InputError when a backbone's options don't go together, or don't fit the image."""
    if c.root is None:
        check_nothing_asked(c)
        return
    if c.root_stride > c.root_side:
        raise InputError(
            f"root stride is {c.root_stride} and root side is {c.root_side}: the pixels between "
            "two stops would be seen by none; choose a stride of at most the side"
        )
    if c.norm == "batch":
        check_no_groups(c)
    elif c.root % c.groups:
        nearest = math.gcd(c.root, c.groups)
        raise InputError(
            f"root is {c.root} and groups is {c.groups}: GroupNorm shares a map's channels out "
            f"evenly, and {c.groups} does not divide {c.root}; choose groups {nearest}, or a root "
            f"such as {-(-c.root // c.groups) * c.groups}"
        )
    check_windows(c)


def check_nothing_asked(c: Backbone) -> None:
    """InputError for options of a backbone where there is none."""
    for field in described_fields(Backbone):
        value = getattr(c, field.name)
        if value != field.default:
            raise InputError(
                f"{field.name.replace('_', ' ')} is {value} and root is None: there is no backbone "
                "to have it; choose a root such as 64, or leave it out"
            )


def check_no_groups(c: Backbone) -> None:
    """InputError for groups beside BatchNorm, which has none."""
    usual = next(field.default for field in described_fields(Backbone) if field.name == "groups")
    if c.groups != usual:
        raise InputError(
            f"groups is {c.groups} and norm is batch: BatchNorm takes each channel by itself and "
            "has no groups; leave them out, or choose norm group"
        )


def check_windows(c: Backbone) -> None:
    """InputError when a window that slides is larger than a map that it slides over."""
    below = c.image
    for step in c.steps():
        smallest = step.sides if step.count > 1 else below
        if min(smallest) < step.window:
            raise InputError(
                f"{step.name} has windows of {step.window}x{step.window}, and a map of "
                f"{smallest[0]}x{smallest[1]} to slide over: a window must fit into the map; "
                "choose larger images, fewer stages, a root stride of 1 or no root pool"
            )
        below = step.sides

"""What a backbone is made of: convolutions in units, units in stages, each with its place.

A stage is a row of units; the first unit of every stage but the first halves the map's sides.
backbone.py has the equations.
"""

from typing import NamedTuple

from minivit.models.backbone_options import UNITS, WINDOW, Backbone


class Convolution(NamedTuple):
    """A convolution, and the norm behind it."""

    place: str  # of the convolution; its norm has a place of its own, and filters that are
    #             standardised
    side: int
    channels: tuple[int, int]  # in, out
    stride: int = 1
    pooled: bool = False  # before the norm
    is_last: bool = False  # of a unit, where the shortcut is added

    @property
    def filters(self) -> str:
        return f"{self.place}_filters"

    @property
    def pool(self) -> str:
        return f"{self.place}_pool"

    @property
    def norm(self) -> str:
        return f"{self.place}_norm"


class Unit(NamedTuple):
    """Its convolutions, and the one of the shortcut, where there is one."""

    name: str
    row: tuple[Convolution, ...]
    shortcut: Convolution | None

    def relu(self, i: int) -> str:
        """The place of the ReLU behind convolution number i, counted from 1."""
        return f"{self.name}.relu{i}"

    @property
    def end(self) -> str:
        """The place that makes its map."""
        return self.relu(len(self.row))


def root(c: Backbone) -> Convolution:
    """The first convolution."""
    pooled = c.root_pool and c.unit == "plain"
    return Convolution("root.convolution", c.root_side, (c.channels, c.root), c.root_stride, pooled)


def pooled_last(c: Backbone) -> bool:
    """Whether the root ends in max-pooling; plain units have it before the norm."""
    return c.root_pool and not root(c).pooled


def root_end(c: Backbone) -> str:
    """The place that makes the root's map."""
    return "root.pool" if pooled_last(c) else "root.relu"


def stages(c: Backbone) -> list[list[Unit]]:
    """The units of every stage."""
    make = plain if c.unit == "plain" else bottleneck
    found, channels = [], c.root
    for stage, count in enumerate(c.stages or ()):
        inside, row = c.unit_channels(stage), []
        for i in range(count):
            halves = bool(stage) and i == 0
            row.append(make(f"stages.{stage}.units.{i}", channels, inside, halves))
            channels = c.stage_channels(stage)
        found.append(row)
    return found


def units(c: Backbone) -> list[Unit]:
    """All units, stage by stage."""
    return [one for row in stages(c) for one in row]


def bottleneck(name: str, channels: int, inside: int, halves: bool) -> Unit:
    """A unit of so many channels in and inside; it may halve the map's sides."""
    out, stride = inside * UNITS["bottleneck"].widening, 1 + halves
    row = (
        Convolution(f"{name}.convolution1", 1, (channels, inside)),
        Convolution(f"{name}.convolution2", WINDOW, (inside, inside), stride),
        Convolution(f"{name}.convolution3", 1, (inside, out), is_last=True),
    )
    changes = halves or channels != out
    return Unit(
        name, row, Convolution(f"{name}.shortcut", 1, (channels, out), stride) if changes else None
    )


def plain(name: str, channels: int, out: int, halves: bool) -> Unit:
    """A unit without a shortcut."""
    first = Convolution(f"{name}.convolution1", WINDOW, (channels, out), pooled=halves)
    return Unit(name, (first, Convolution(f"{name}.convolution2", WINDOW, (out, out))), None)

"""A backbone: convolutions from the pixels to a feature map (ViT paper, section 3.1, hybrid).

    root    x = pool(ReLU(GN(image * w)))
    unit    x = ReLU(GN(ReLU(GN(ReLU(GN(x * w1)) * w2)) * w3) + shortcut(x)),   1x1, 3x3, 1x1
            shortcut(x) = x, or GN(x * w) where the sides or the channels change

* is a convolution whose filters are standardised, GN is GroupNorm. A stage is a row of units; the
first unit of every stage but the first has the stride 2, in w2 and in the shortcut. These are
Google's ResNet (v1, where ReLU comes last: He et al. 2016, figure 4a) and its hybrid's; gamma of
every unit's last GroupNorm begins with 0, so that a unit begins as its shortcut.

`ops` is a backend, `p` and `g` are parameters and gradients by place, `c` is the configuration,
`caches` takes the cache of every op under the name of its place.
"""

from typing import NamedTuple

from minivit.models.backbone_options import POOL, WIDENING, WINDOW, Backbone
from minivit.models.beginnings import Google
from minivit.models.initialisation import groupnorm_parameters
from minivit.params import Declared

FLOOR = 1e-5  # added to the deviation of a filter, as in Google's code


class Convolution(NamedTuple):
    """A convolution of standardised filters, and the GroupNorm behind it."""

    place: str  # of the convolution; its filters and its norm have places of their own
    side: int
    channels: tuple[int, int]  # in, out
    stride: int = 1
    is_last: bool = False  # of a unit

    @property
    def filters(self) -> str:
        return f"{self.place}_filters"

    @property
    def norm(self) -> str:
        return f"{self.place}_norm"


class Unit(NamedTuple):
    """Three convolutions, and the one of the shortcut, where there is one."""

    name: str
    row: tuple[Convolution, Convolution, Convolution]
    shortcut: Convolution | None


def root(c: Backbone) -> Convolution:
    """The first convolution."""
    return Convolution("root.convolution", c.root_side, (c.channels, c.root), c.root_stride)


def stages(c: Backbone) -> list[list[Unit]]:
    """The units of every stage."""
    found, channels = [], c.root
    for stage, count in enumerate(c.stages or ()):
        inside, row = c.unit_channels(stage), []
        for i in range(count):
            stride = 2 if stage and i == 0 else 1
            row.append(unit(f"stages.{stage}.units.{i}", channels, inside, stride))
            channels = inside * WIDENING
        found.append(row)
    return found


def units(c: Backbone) -> list[Unit]:
    """All units, stage by stage."""
    return [one for row in stages(c) for one in row]


def unit(name: str, channels: int, inside: int, stride: int) -> Unit:
    """A unit of so many channels in and inside."""
    out = inside * WIDENING
    row = (
        Convolution(f"{name}.convolution1", 1, (channels, inside)),
        Convolution(f"{name}.convolution2", WINDOW, (inside, inside), stride),
        Convolution(f"{name}.convolution3", 1, (inside, out), is_last=True),
    )
    changes = stride > 1 or channels != out
    return Unit(
        name, row, Convolution(f"{name}.shortcut", 1, (channels, out), stride) if changes else None
    )


def backbone_parameters(c: Backbone, start: Google) -> Declared:
    """The parameters from the pixels to the map, in the order of the forward; {} without a root."""
    if c.root is None:
        return {}
    declared = convolution_parameters(root(c), start)
    for one in units(c):
        for convolution in (*one.row, *[one.shortcut] * (one.shortcut is not None)):
            declared |= convolution_parameters(convolution, start)
    return declared


def convolution_parameters(convolution: Convolution, start: Google) -> Declared:
    """The parameters of a convolution and of the norm behind it."""
    side, (channels, out) = convolution.side, convolution.channels
    return {
        convolution.filters: {"w": start.filters(side, side, channels, out)},
        convolution.norm: groupnorm_parameters(out, zero=convolution.is_last),
    }


def backbone_forward(ops, p, c: Backbone, x, caches):
    """x (B, height, width, channels) -> a map (B, *map_sides, map_channels); x without a root."""
    if c.root is not None:
        for feature_map in backbone_maps(ops, p, c, x, caches):
            x = feature_map  # only the last goes on
    return x


def backbone_maps(ops, p, c: Backbone, x, caches):
    """x (B, height, width, channels) -> yields the map of the root, then that of each stage."""
    x = convolution_forward(ops, p, c, root(c), x, caches)
    x, caches["root.relu"] = ops.relu_forward(x)
    if c.root_pool:
        x, caches["root.pool"] = ops.max_pool_forward(x, side=POOL, stride=2)
    yield x
    for row in stages(c):
        for one in row:
            x = unit_forward(ops, p, c, one, x, caches)
        yield x


def backbone_backward(ops, g, c: Backbone, dx, caches, want_dimages: bool):
    """The gradient of the map -> that of the images, or None without `want_dimages`."""
    if c.root is None:
        return dx
    for one in reversed(units(c)):
        dx = unit_backward(ops, g, one, dx, caches)
    if c.root_pool:
        dx = ops.max_pool_backward(dx, caches.pop("root.pool"))
    dx = ops.relu_backward(dx, caches.pop("root.relu"))
    return convolution_backward(ops, g, root(c), dx, caches, want_dx=want_dimages)


def unit_forward(ops, p, c: Backbone, one: Unit, x, caches):
    """x (B, height, width, channels) -> (B, ceil(height / stride), ..., 4 inside)."""
    y = x
    for i, convolution in enumerate(one.row, 1):
        y = convolution_forward(ops, p, c, convolution, y, caches)
        if not convolution.is_last:
            y, caches[f"{one.name}.relu{i}"] = ops.relu_forward(y)
    if one.shortcut is not None:
        x = convolution_forward(ops, p, c, one.shortcut, x, caches)
    x, caches[f"{one.name}.relu3"] = ops.relu_forward(x + y)
    return x


def unit_backward(ops, g, one: Unit, dx, caches):
    """The gradient of what a unit makes -> that of what it takes: of both ways, added."""
    dx = dy = ops.relu_backward(dx, caches.pop(f"{one.name}.relu3"))
    if one.shortcut is not None:
        dx = convolution_backward(ops, g, one.shortcut, dx, caches)
    for i, convolution in reversed([*enumerate(one.row, 1)]):
        if not convolution.is_last:
            dy = ops.relu_backward(dy, caches.pop(f"{one.name}.relu{i}"))
        dy = convolution_backward(ops, g, convolution, dy, caches)
    return dx + dy


def convolution_forward(ops, p, c: Backbone, at: Convolution, x, caches):
    """GN(x * w): x (B, height, width, in) -> (B, ceil(height / stride), ..., out)."""
    w, caches[at.filters] = ops.weight_standardisation_forward(*p.of(at.filters), floor=FLOOR)
    x, caches[at.place] = ops.convolution_forward(x, w, stride=at.stride)
    x, caches[at.norm] = ops.groupnorm_forward(x, *p.of(at.norm), groups=c.groups, eps=c.eps)
    return x


def convolution_backward(ops, g, at: Convolution, dx, caches, *, want_dx: bool = True):
    """The gradient of GN(x * w) -> that of x, or None without `want_dx`."""
    dx = g.add(at.norm, ops.groupnorm_backward(dx, caches.pop(at.norm)))
    dx, dw, _ = ops.convolution_backward(dx, caches.pop(at.place), want_dx=want_dx)
    dw = ops.weight_standardisation_backward(dw, caches.pop(at.filters))
    g.add(at.filters, (None, dw))  # the filters are all that the op takes
    return dx

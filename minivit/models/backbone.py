"""A backbone: convolutions from the pixels to a feature map (ViT paper, section 3.1, hybrid).

    root        x = pool(ReLU(norm(image * w)))
    bottleneck  x = ReLU(norm(ReLU(norm(ReLU(norm(x * w1)) * w2)) * w3) + shortcut(x))
                shortcut(x) = x, or norm(x * w) where the sides or the channels change
    plain       x = ReLU(norm(ReLU(norm(pool(x * w1))) * w2))

* is a convolution: of 1x1, 3x3 and 1x1 pixels in a bottleneck, of 3x3 in a plain unit. The norm is
GroupNorm, and filters are standardised; or BatchNorm, and they are as they are. A stage is a row of
units; the first unit of every stage but the first halves the map's sides: by the stride 2, in w2
and in the shortcut; or, if it is plain, by max-pooling.

Bottlenecks are Google's ResNet (v1, where ReLU comes last: He et al. 2016, figure 4a) and its
hybrid's; gamma of every one's last norm begins with 0, so that it begins as its shortcut. Plain
units have no shortcut. They pool before the norm, so that norm and ReLU have a quarter of the work,
as the networks of Keller Jordan's airbench do ("94% on CIFAR-10 in 3.29 seconds on a single GPU",
2024), and so does the root in front of them.

`ops` is a backend, `p` and `g` are parameters and gradients by place, `c` is the configuration,
`caches` takes the cache of every op under the name of its place.
"""

from minivit.models.backbone_options import Backbone
from minivit.models.backbone_units import Convolution, Unit, pooled_last, root, stages, units
from minivit.models.beginnings import Google
from minivit.models.chance import Chance
from minivit.models.initialisation import batchnorm_parameters, groupnorm_parameters
from minivit.ops import Running
from minivit.params import Declared

FLOOR = 1e-5  # added to the deviation of a filter, as in Google's code


def backbone_parameters(c: Backbone, start: Google) -> Declared:
    """The parameters from the pixels to the map, in the order of the forward; {} without a root."""
    if c.root is None:
        return {}
    declared = convolution_parameters(c, root(c), start)
    for one in units(c):
        for convolution in (*one.row, *[one.shortcut] * (one.shortcut is not None)):
            declared |= convolution_parameters(c, convolution, start)
    return declared


def convolution_parameters(c: Backbone, at: Convolution, start: Google) -> Declared:
    """The parameters of a convolution and of the norm behind it."""
    w, out = start.filters(at.side, at.side, *at.channels), at.channels[1]
    if c.norm == "group":
        norm = groupnorm_parameters(out, zero=at.is_last)
        return {at.filters: {"w": w}, at.norm: norm}
    norm = batchnorm_parameters(out, zero=at.is_last)
    return {at.place: {"w": w._replace(matrices=1), "b": None}, at.norm: norm}


def backbone_forward(ops, p, c: Backbone, x, caches, chance: Chance):
    """x (B, height, width, channels) -> a map (B, *map_sides, map_channels); x without a root."""
    if c.root is not None:
        for feature_map in backbone_maps(ops, p, c, x, caches, chance):
            x = feature_map  # only the last goes on
    return x


def backbone_maps(ops, p, c: Backbone, x, caches, chance: Chance):
    """x (B, height, width, channels) -> yields the map of the root, then that of each stage."""
    x = convolution_forward(ops, p, c, root(c), x, caches, chance)
    x, caches["root.relu"] = ops.relu_forward(x)
    if pooled_last(c):
        x, caches["root.pool"] = ops.max_pool_forward(x, side=c.kind.pool, stride=2)
    yield x
    for row in stages(c):
        for one in row:
            x = unit_forward(ops, p, c, one, x, caches, chance)
        yield x


def backbone_backward(ops, g, c: Backbone, dx, caches, want_dimages: bool):
    """The gradient of the map -> that of the images, or None without `want_dimages`."""
    if c.root is None:
        return dx
    for one in reversed(units(c)):
        dx = unit_backward(ops, g, c, one, dx, caches)
    if pooled_last(c):
        dx = ops.max_pool_backward(dx, caches.pop("root.pool"))
    dx = ops.relu_backward(dx, caches.pop("root.relu"))
    return convolution_backward(ops, g, c, root(c), dx, caches, want_dx=want_dimages)


def unit_forward(ops, p, c: Backbone, one: Unit, x, caches, chance: Chance):
    """x (B, height, width, channels) -> (B, its sides or the halves of them, rounded up, out)."""
    y = x
    for i, convolution in enumerate(one.row, 1):
        y = convolution_forward(ops, p, c, convolution, y, caches, chance)
        if convolution.is_last:
            if one.shortcut is not None:
                x = convolution_forward(ops, p, c, one.shortcut, x, caches, chance)
            y = x + y
        y, caches[one.relu(i)] = ops.relu_forward(y)
    return y


def unit_backward(ops, g, c: Backbone, one: Unit, dy, caches):
    """The gradient of what a unit makes -> that of what it takes: of both ways, added."""
    dx = None  # by the shortcut
    for i, convolution in reversed([*enumerate(one.row, 1)]):
        dy = ops.relu_backward(dy, caches.pop(one.relu(i)))
        if convolution.is_last:
            dx = dy
            if one.shortcut is not None:
                dx = convolution_backward(ops, g, c, one.shortcut, dx, caches)
        dy = convolution_backward(ops, g, c, convolution, dy, caches)
    return dy if dx is None else dx + dy


def convolution_forward(ops, p, c: Backbone, at: Convolution, x, caches, chance: Chance):
    """norm(x * w): x (B, height, width, in) -> (B, ceil(height / stride), ..., out)."""
    w = filters_forward(ops, p, c, at, caches)
    x, caches[at.place] = ops.convolution_forward(x, w, stride=at.stride)
    if at.pooled:
        x, caches[at.pool] = ops.max_pool_forward(x, side=c.kind.pool, stride=2)
    x, caches[at.norm] = norm_forward(ops, p, c, at.norm, x, chance)
    return x


def filters_forward(ops, p, c: Backbone, at: Convolution, caches):
    """The filters (rows, columns, in, out) as the convolution takes them."""
    if c.norm == "batch":
        w, _ = p.of(at.place)  # no bias
        return w
    w, caches[at.filters] = ops.weight_standardisation_forward(*p.of(at.filters), floor=FLOOR)
    return w


def convolution_backward(ops, g, c: Backbone, at: Convolution, dx, caches, *, want_dx: bool = True):
    """The gradient of norm(x * w) -> that of x, or None without `want_dx`."""
    backward = ops.groupnorm_backward if c.norm == "group" else ops.batchnorm_backward
    dx = g.add(at.norm, backward(dx, caches.pop(at.norm)))
    if at.pooled:
        dx = ops.max_pool_backward(dx, caches.pop(at.pool))
    gradients = ops.convolution_backward(dx, caches.pop(at.place), want_dx=want_dx)
    if c.norm == "batch":
        return g.add(at.place, gradients)
    dx, dw, _ = gradients
    dw = ops.weight_standardisation_backward(dw, caches.pop(at.filters))
    g.add(at.filters, (None, dw))  # the filters are all that the op takes
    return dx


def norm_forward(ops, p, c: Backbone, place: str, x, chance: Chance):
    """x (B, height, width, channels) -> the same, normalised, and the cache.

    BatchNorm's new running statistics are in its cache: whoever holds the buffers takes them.
    """
    if c.norm == "group":
        return ops.groupnorm_forward(x, *p.of(place), groups=c.groups, eps=c.eps)
    running = Running(*p.buffers.of(place))
    learns = chance.learns(place)
    return ops.batchnorm_forward(x, *p.of(place), running=running, training=learns, eps=c.eps)

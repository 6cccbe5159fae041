"""A ResNet (BiT): a backbone, the mean over all places of its last map, and a linear map.

logits = mean(map) w + b

It is what the paper compares the ViT with, "ResNet (BiT)" in its section 4.1 and its figures 3 to
5: He et al. 2016 with GroupNorm and standardised filters in the place of BatchNorm (Kolesnikov et
al. 2020). The names are those of vit.py.
"""

from minivit.models.architecture import Architecture
from minivit.models.backbone import backbone_backward, backbone_maps, backbone_parameters
from minivit.models.beginnings import beginning_of
from minivit.models.chance import Chance
from minivit.models.resnet_config import ResNetConfig
from minivit.params import Declared


def resnet_parameters(
    c: ResNetConfig,
    *,
    beginning: str = "google",
    zero_head: bool | None = None,
    position_std: float | None = None,
) -> Declared:
    """Every parameter, from the pixels to the head, as one of the BEGINNINGS draws it.

    `zero_head`, if it is given, takes the place of what the beginning says. There are no positions
    that `position_std` could be for.
    """
    start = beginning_of(beginning, zero_head, position_std)
    C, channels = c.classes, c.map_channels
    head = {"w": start.head(channels, C), "b": start.bias(C, channels)}
    return backbone_parameters(c, start) | {"head": head}


def resnet_maps(ops, p, c: ResNetConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> the map of the root, then that of each stage."""
    yield from backbone_maps(ops, p, c, images, caches, chance)


def resnet_pooled(ops, p, c: ResNetConfig, x):
    """The last map -> what the head reads of it (B, map_channels)."""
    pooled, _ = ops.pool_forward(as_tokens(c, x), None, None, pool=c.pool)
    return pooled


def resnet_forward(ops, p, c: ResNetConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> logits (B, C)."""
    for feature_map in resnet_maps(ops, p, c, images, caches, chance):
        x = feature_map  # only the last goes on
    x, caches["head"] = ops.head_forward(as_tokens(c, x), *p.of("head"), pool=c.pool)
    return x


def resnet_backward(ops, g, c: ResNetConfig, dlogits, caches, want_dimages: bool):
    """dlogits (B, C) -> dimages (B, height, width, channels), or None without `want_dimages`.

    Adds to `g`, and takes every cache out of `caches` on use, so that its memory can be freed.
    """
    dx = g.add("head", ops.head_backward(dlogits, caches.pop("head")))
    dx = dx.reshape(len(dx), *c.map_sides, c.map_channels)
    return backbone_backward(ops, g, c, dx, caches, want_dimages)


def as_tokens(c: ResNetConfig, x):
    """A map (B, height, width, channels) -> its places in raster order (B, T, channels)."""
    return x.reshape(len(x), c.tokens, c.map_channels)


RESNET = Architecture(
    "resnet", ResNetConfig, resnet_parameters, resnet_maps, resnet_pooled, resnet_forward,
    resnet_backward,
)  # fmt: skip

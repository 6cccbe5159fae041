"""A configuration of the same structure in a size whose gradients can be checked."""

from dataclasses import replace

from minivit.models.backbone_options import Backbone
from minivit.models.families import Config
from minivit.models.resnet_config import ResNetConfig

# 7 tokens, so not 7 classes; a window in which not every patch lies.
HEAD_WIDTH, GRID, DEPTH, CLASSES, TOP_K, WINDOW = 4, (2, 3), 2, 5, 3, 3
ROOT, ROOT_SIDE, GROUPS, STAGES = 4, 3, 2, (2, 1)
PLAIN_GRID, PRE_LOGITS = (3, 4), 6


def shrunk(config: Config) -> Config:
    """The same structure in a size whose gradients can be checked.

    It keeps the number of heads, the MLP's width relative to D and every option; it has at most two
    blocks, narrow heads, few and small patches, and few classes; of a backbone, few channels, units
    and stages.
    """
    if isinstance(config, ResNetConfig):
        return shrunk_resnet(config)
    width = config.heads * HEAD_WIDTH
    patch = tuple(min(side, 2) for side in config.patch)
    overlaps = [s < p for s, p in zip(config.stride or config.patch, config.patch, strict=True)]
    stride = tuple(1 if o else p for o, p in zip(overlaps, patch, strict=True))
    sides = zip(patch, grid(config), stride, strict=True)
    backbone = shrunk_backbone(config)
    return replace(
        config,
        **backbone,
        image=tuple(
            (p + (count - 1) * step) * halving(config, backbone) for p, count, step in sides
        ),
        patch=patch,
        stride=stride if config.stride else None,
        width=width,
        depth=min(config.depth, DEPTH),
        head_width=HEAD_WIDTH - 1 if config.heads_width != config.width else None,
        mlp=max(1, width * config.mlp // config.width),
        classes=min(config.classes, CLASSES),
        top_k=config.top_k and min(config.top_k, TOP_K),
        pre_logits=config.pre_logits and min(config.pre_logits, PRE_LOGITS),
        window=config.window and min(config.window, WINDOW),
        decoder_width=config.decoder_width and width,
        decoder_depth=min(config.decoder_depth, 1),
    )


def shrunk_resnet(config: ResNetConfig) -> ResNetConfig:
    """The same of a ResNet."""
    backbone = shrunk_backbone(config)
    image = tuple(count * halving(config, backbone) for count in grid(config))
    return replace(config, **backbone, image=image, classes=min(config.classes, CLASSES))


def grid(config: Backbone) -> tuple[int, int]:
    """How many patches down and across; on fewer, the windows of plain units would not fit."""
    return PLAIN_GRID if config.root is not None and config.unit == "plain" else GRID


def shrunk_backbone(config: Backbone) -> dict:
    """The fields of a backbone in such a size; {} if there is none."""
    if config.root is None:
        return {}
    stages = config.stages and tuple(map(min, STAGES, config.stages))
    side = max(min(config.root_side, ROOT_SIDE), config.root_stride)
    found = {"root": ROOT, "root_side": side, "stages": stages}
    if config.norm == "group":
        found["groups"] = 1 if config.groups == 1 else GROUPS
    return found


def halving(config: Backbone, shrunk: dict) -> int:
    """How many times as long the sides of an image are as those of the shrunk backbone's map."""
    if config.root is None:
        return 1
    halvings = config.root_pool + max(len(shrunk["stages"] or ()) - 1, 0)
    return config.root_stride * 2**halvings

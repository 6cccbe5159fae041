"""Configurations that have names."""

import re
from dataclasses import fields, replace

from minivit.errors import InputError
from minivit.models.config import ViTConfig
from minivit.models.families import Config
from minivit.models.resnet_config import ResNetConfig
from minivit.nearest import nearest

# The names of the same models at timm (vit_base_patch16_224), Hugging Face
# (google/vit-base-patch16-224) and torchvision (vit_b_16), in capitals or not. The groups are
# size and patch side. 384 pixels, or the 21,843 classes of in21k, make another model.
ALIAS = re.compile(
    r"(?:google/|facebook/|timm/)?(?:vit|deit)[-_]"
    r"(?:(tiny|small|base|large|huge)[-_]patch(\d+)[-_]224|(ti|s|b|l|h)[-_/](\d+))"
)
SIZES = {"tiny": "Ti", "small": "S", "base": "B", "large": "L", "huge": "H"}


def variant(name: str, **changes) -> Config:
    """A configuration by its name, e.g. variant("B/16") or variant("digits", depth=4).

    Takes the names of timm, Hugging Face and torchvision too. Raises InputError for an unknown name
    (with the nearest one, if one is near) or an unknown field.
    """
    own = own_name(name)
    if own is None:
        raise InputError(
            f"unknown variant {name!r}{nearest(name, VARIANTS)}. There are {', '.join(VARIANTS)}"
        )
    config = VARIANTS[own]
    unknown = set(changes) - {field.name for field in fields(config)}
    if unknown:
        names = ", ".join(sorted(unknown))
        raise InputError(f"a {config.family}'s configuration has no field {names}")
    return replace(config, **changes)


def own_name(name: str) -> str | None:
    """Our name of a variant, given by that or by an alias; None for an unknown name."""
    if name in VARIANTS:
        return name
    found = ALIAS.fullmatch(str(name).lower())
    if found is None:
        return None
    long, long_side, short, short_side = found.groups()
    own = f"{SIZES[long] if long else short.capitalize()}/{long_side or short_side}"
    return own if own in VARIANTS else None


def as_config(given: Config | str) -> Config:
    """A configuration, or a variant's name; InputError for anything else."""
    if isinstance(given, str):
        return variant(given)
    if not isinstance(given, Config):
        raise InputError(
            f"a model is made from a ResNetConfig, a ViTConfig or a variant's name "
            f"({', '.join(VARIANTS)}), and this is {given!r}"
        )
    return given


def _variants() -> dict[str, Config]:
    # Table 1 of the paper (B, L, H); Ti and S are those of DeiT and of Google's code.
    sizes = {  # D, depth, heads, M
        "Ti": (192, 12, 3, 768),
        "S": (384, 12, 6, 1536),
        "B": (768, 12, 12, 3072),
        "L": (1024, 24, 16, 4096),
        "H": (1280, 32, 16, 5120),
    }
    names = "Ti/16 S/16 S/32 B/8 B/16 B/32 L/16 L/32 H/14".split()
    found = {"digits": ViTConfig((8, 8), 1, (2, 2), 64, 3, 4, 128, 10, name="digits")}
    for name in names:
        size, side = name.split("/")
        width, depth, heads, mlp = sizes[size]
        patch = (int(side), int(side))
        found[name] = ViTConfig((224, 224), 3, patch, width, depth, heads, mlp, 1000, name=name)
    return found | _hybrids(found) | _resnets() | _small()


def _hybrids(plain: dict[str, ViTConfig]) -> dict[str, ViTConfig]:
    """Plain ViTs behind a backbone; the number in a name is the image's side over the grid's."""
    # Table 6 of the paper and Google's code. R is the root alone, and its /16 is /32 in truth.
    backbones = {
        "R50+ViT-B/16": ("B/16", 1, (3, 4, 9)),
        "R50+ViT-L/32": ("L/32", 1, (3, 4, 6, 3)),
        "R26+ViT-S/32": ("S/32", 1, (2, 2, 2, 2)),
        "R+ViT-Ti/16": ("Ti/16", 8, None),
    }
    found = {}
    for name, (vit, patch, stages) in backbones.items():
        config = replace(plain[vit], patch=(patch, patch), root=64, stages=stages, name=name)
        found[name] = config
    return found


def _resnets() -> dict[str, ResNetConfig]:
    """R50x1: so many convolutions and linear maps in a row, so many times as wide as R50."""
    units = {50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    sizes = [(50, 1), (50, 2), (101, 1), (152, 1), (152, 2)]  # the paper's, table 6
    found = {}
    for layers, times in sizes:
        name = f"R{layers}x{times}"
        found[name] = ResNetConfig(
            (224, 224), 3, 1000, root=64 * times, stages=units[layers], name=name
        )
    return found


def _small() -> dict[str, Config]:
    """A hybrid and a ResNet each for pictures of 28 pixels, grey, and 32 pixels, in colour."""
    found = {}
    for side, channels, root, width, heads in ((28, 1, 16, 64, 4), (32, 3, 32, 96, 6)):
        backbone = {"root": root, "root_side": 3, "root_stride": 1, "groups": root // 4}
        hybrid, resnet = f"hybrid-{side}", f"resnet-{side}"
        found[hybrid] = ViTConfig(
            (side, side), channels, (1, 1), width, 3, heads, 2 * width, 10, pool="mean",
            positions="sincos-2d", stages=(1, 1), name=hybrid, **backbone,
        )  # fmt: skip
        found[resnet] = ResNetConfig(
            (side, side), channels, 10, stages=(1, 1, 1), name=resnet, **backbone
        )
    return found | _airbench_like()


def _airbench_like() -> dict[str, ViTConfig]:
    """For the same pictures: plain units with BatchNorm, then two blocks on 4x4 places."""
    found = {}
    for side, channels, root, heads in ((28, 1, 32, 4), (32, 3, 48, 6)):
        name = f"airbench-{side}"
        found[name] = ViTConfig(
            (side, side), channels, (1, 1), 3 * root, 2, heads, 6 * root, 10,
            pool="mean", positions="sincos-2d", root=root, root_side=3, root_stride=1,
            stages=(1, 1, 1), unit="plain", norm="batch", name=name,
        )  # fmt: skip
    return found


VARIANTS = _variants()

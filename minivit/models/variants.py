"""Configurations that have names."""

import re
from dataclasses import fields, replace

from minivit.errors import InputError
from minivit.models.config import ViTConfig
from minivit.nearest import nearest

# Shrunk: 7 tokens, so not 7 classes; a window in which not every patch lies.
HEAD_WIDTH, GRID, DEPTH, CLASSES, TOP_K, WINDOW = 4, (2, 3), 2, 5, 3, 3
PRE_LOGITS = 6


# The names of the same models at timm (vit_base_patch16_224), Hugging Face
# (google/vit-base-patch16-224) and torchvision (vit_b_16), in capitals or not. The groups are
# size and patch side. 384 pixels, or the 21,843 classes of in21k, make another model.
ALIAS = re.compile(
    r"(?:google/|facebook/|timm/)?(?:vit|deit)[-_]"
    r"(?:(tiny|small|base|large|huge)[-_]patch(\d+)[-_]224|(ti|s|b|l|h)[-_/](\d+))"
)
SIZES = {"tiny": "Ti", "small": "S", "base": "B", "large": "L", "huge": "H"}


def variant(name: str, **changes) -> ViTConfig:
    """A configuration by its name, e.g. variant("B/16") or variant("digits", depth=4).

    Takes the names of timm, Hugging Face and torchvision too. Raises InputError for an unknown name
    (with the nearest one, if one is near) or an unknown field.
    """
    own = own_name(name)
    if own is None:
        raise InputError(
            f"unknown variant {name!r}{nearest(name, VARIANTS)}. There are {', '.join(VARIANTS)}"
        )
    unknown = set(changes) - {field.name for field in fields(ViTConfig)}
    if unknown:
        raise InputError(f"a ViT's configuration has no field {', '.join(sorted(unknown))}")
    return replace(VARIANTS[own], **changes)


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


def as_config(given: ViTConfig | str) -> ViTConfig:
    """A configuration, or a variant's name; InputError for anything else."""
    if isinstance(given, str):
        return variant(given)
    if not isinstance(given, ViTConfig):
        raise InputError(
            f"a model is made from a ViTConfig or a variant's name ({', '.join(VARIANTS)}), and "
            f"this is {given!r}"
        )
    return given


def shrunk(config: ViTConfig) -> ViTConfig:
    """The same structure in a size whose gradients can be checked.

    It keeps the number of heads, the MLP's width relative to D and every option; it has at most two
    blocks, narrow heads, few and small patches, and few classes.
    """
    width = config.heads * HEAD_WIDTH
    patch = tuple(min(side, 2) for side in config.patch)
    overlaps = [s < p for s, p in zip(config.stride or config.patch, config.patch, strict=True)]
    stride = tuple(1 if o else p for o, p in zip(overlaps, patch, strict=True))
    sides = zip(patch, GRID, stride, strict=True)
    return replace(
        config,
        image=tuple(p + (count - 1) * step for p, count, step in sides),
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


def _variants() -> dict[str, ViTConfig]:
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
    return found


VARIANTS = _variants()

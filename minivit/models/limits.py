"""Sizes that no machine can hold are refused before anything is allocated."""

import math

from minivit.errors import InputError
from minivit.models.backbone_options import WINDOW

MOST_BLOCKS = 1000
MOST_NUMBERS = 2**40  # in one array: 4 TB of float32


def check_sizes(c) -> None:
    """InputError when a ViTConfig has too many blocks, or one of its arrays too many numbers."""
    for name, depth in {"depth": c.depth, "decoder depth": c.decoder_depth}.items():
        if depth > MOST_BLOCKS:
            raise InputError(f"{name} is {depth}: expected at most {MOST_BLOCKS} blocks")
    check_units(c)
    height, width = c.image
    arrays = {  # name: (how many numbers, for one image; what should be smaller)
        "an image": (height * width * c.channels, "image"),
        "the patches' projection": (c.pixels * c.width, "patch or width"),
        "the tokens": (c.tokens * c.width, "image or width, or a larger patch"),
        "queries, keys and values": (
            c.tokens * 3 * c.heads_width,
            "image or width, or a larger patch",
        ),
        "attention's scores": (c.heads * c.tokens**2, "image, or a larger patch"),
        "attention's weights": (3 * c.width * c.heads_width, "width or head width"),
        "the MLP's weights": (c.width * c.mlp, "mlp or width"),
        "the MLP's hidden layer": (c.tokens * c.mlp, "mlp or image"),
        "the decoder's weights": (4 * (c.decoder_width or 0) ** 2, "decoder width"),
        "the decoder's tokens": (c.tokens * (c.decoder_width or 0), "decoder width or image"),
        "the pre-logits' weights": (c.pooled * (c.pre_logits or 0), "pre-logits"),
        "the head's weights": ((c.pre_logits or c.pooled) * c.outputs, "number of classes"),
    }
    check_arrays(backbone_arrays(c) | arrays)


def check_resnet_sizes(c) -> None:
    """The same of a ResNetConfig."""
    check_units(c)
    height, width = c.image
    arrays = {
        "an image": (height * width * c.channels, "image"),
        "the head's weights": (c.map_channels * c.classes, "number of classes"),
    }
    check_arrays(backbone_arrays(c) | arrays)


def check_units(c) -> None:
    """InputError when a backbone has too many units."""
    if c.units > MOST_BLOCKS:
        raise InputError(f"stages have {c.units} units: expected at most {MOST_BLOCKS}")


def backbone_arrays(c) -> dict[str, tuple[int, str]]:
    """The largest arrays of a backbone, as `check_arrays` takes them; {} if there is none."""
    if c.root is None:
        return {}
    steps, widening, smaller = c.steps(), c.kind.widening, "root, or fewer stages"
    widest = c.unit_channels(len(c.stages) - 1) if c.stages else 0
    first = max(math.prod(step.sides) for step in steps) * c.root * (widening if c.stages else 1)
    return {
        "the root's filters": (c.root_side**2 * c.channels * c.root, "root or root side"),
        "the first maps": (first, "root or image"),
        "the last stage's filters": (widest**2 * WINDOW**2, smaller),
        "the last maps": (math.prod(c.map_sides) * c.map_channels, smaller),
    }


def check_arrays(arrays: dict[str, tuple[int, str]]) -> None:
    """InputError for an array of too many numbers, with what should be smaller."""
    for name, (numbers, smaller) in arrays.items():
        if numbers > MOST_NUMBERS:
            raise InputError(
                f"{name} would be {numbers:,} numbers, more than a machine can hold: choose a "
                f"smaller {smaller}"
            )

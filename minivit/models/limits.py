"""Sizes that no machine can hold are refused before anything is allocated."""

from minivit.errors import InputError

MOST_BLOCKS = 1000
MOST_NUMBERS = 2**40  # in one array: 4 TB of float32


def check_sizes(c) -> None:
    """InputError when a ViTConfig has too many blocks, or one of its arrays too many numbers."""
    for name, depth in {"depth": c.depth, "decoder depth": c.decoder_depth}.items():
        if depth > MOST_BLOCKS:
            raise InputError(f"{name} is {depth}: expected at most {MOST_BLOCKS} blocks")
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
    for name, (numbers, smaller) in arrays.items():
        if numbers > MOST_NUMBERS:
            raise InputError(
                f"{name} would be {numbers:,} numbers, more than a machine can hold: choose a "
                f"smaller {smaller}"
            )

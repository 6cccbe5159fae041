"""Options of a ViT that don't go together are refused, with a word on what to choose instead."""

from minivit.errors import InputError
from minivit.ops.sincos_positions import SINCOS, check_sincos_width


def check_positions(c) -> None:
    """InputError when a ViTConfig's positions fit neither its width nor where they are added."""
    if c.positions in SINCOS:
        check_sincos_width(c.positions, c.width)
        if c.positions_at == "every-layer-shared":
            raise InputError(
                f"positions are {c.positions} at every-layer-shared: what is not learned is the "
                "same in every layer anyway; choose every-layer"
            )
    if c.positions == "none" and c.positions_at != "input":
        raise InputError(
            f"positions are none at {c.positions_at}: there is nothing to add; choose positions, "
            "or leave out where they are added"
        )


def check_head(c) -> None:
    """InputError when a ViTConfig's head reads a token that isn't there, or normalises in vain."""
    if c.pool == "cls" and c.cls_token is False:
        raise InputError(
            "pool is 'cls' and cls token is False: the head would read a token that isn't there; "
            "choose another pool, or keep the cls token"
        )
    if c.pool == "cls" and c.norm_after_pool:
        raise InputError(
            "pool is 'cls' and norm after pool is True: LayerNorm takes each token by itself, so "
            "the model is the same with the norm before; leave it out, or choose another pool"
        )

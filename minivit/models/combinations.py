"""Options of a ViT that don't go together are refused, with a word on what to choose instead."""

from minivit.errors import InputError
from minivit.fields import in_words
from minivit.models.backbone_options import check_backbone
from minivit.models.hidden_combinations import check_objective
from minivit.models.limits import check_sizes
from minivit.ops.attention import check_top_k
from minivit.ops.multihead_attention import check_heads
from minivit.ops.patchify import patch_grid
from minivit.ops.sincos_positions import SINCOS, check_sincos_width


def check_together(c) -> None:
    """InputError for the first options of a ViTConfig that don't go together."""
    check_backbone(c)
    check_patches(c)
    check_columns(c)
    check_objective(c)
    check_sizes(c)
    check_positions(c)
    check_depth(c)
    check_head(c)
    check_view(c)
    check_chance(c)


def check_patches(c) -> None:
    """InputError when patches don't fit into the image, or are too small to be normalised."""
    if c.root is None:
        patch_grid(c.image, c.patch, c.stride)
    else:
        check_patches_of_map(c)
    if c.patch_norm and 1 in (c.pixels, c.width):
        raise InputError(
            f"a patch is {c.pixels} numbers and width is {c.width}: LayerNorm makes 0 of a single "
            "number; choose a larger patch or width, or no patch norm"
        )


def check_patches_of_map(c) -> None:
    """InputError when no grid of patches fits the map that a hybrid's backbone makes."""
    try:
        patch_grid(c.map_sides, c.patch, c.stride)
    except InputError as error:
        image, sides, patch = (in_words(pair) for pair in (c.image, c.map_sides, c.patch))
        raise InputError(
            f"the backbone makes maps of {sides} of images of {image}, and the patch, of {patch}, "
            f"does not fill them; choose patch 1, which fills every map, or other images"
        ) from error


def check_columns(c) -> None:
    """InputError when the heads don't divide the width, or can't do without an out projection."""
    if c.head_width is None:
        check_heads(c.width, c.heads)
    if not c.out_projection and (c.heads, c.heads_width) != (1, c.width):
        raise InputError(
            f"out projection is False, heads is {c.heads} and head width is "
            f"{c.heads_width // c.heads}: without it the head's columns are added to the token, so "
            f"choose one head of width {c.width}, or an out projection"
        )


def check_positions(c) -> None:
    """InputError when a ViTConfig's positions fit neither its width nor where they are added."""
    if c.positions == "learned-2d" and c.width % 2:
        raise InputError(
            f"width is {c.width}: with 2-D positions a half of it belongs to the row and a half to "
            "the column; choose an even width"
        )
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


def check_depth(c) -> None:
    """InputError for options of the blocks where there is no block."""
    asked = {"window": c.window is not None, "axial": c.axial, "top k": c.top_k is not None}
    asked["attention dropout"] = bool(c.attention_dropout)
    asked["relative positions"] = c.positions == "relative"
    asked["positions at every layer"] = c.positions_at != "input"
    for name, is_asked in asked.items():
        if is_asked and not c.depth:
            raise InputError(
                f"depth is 0, and {name} would be in the blocks: choose at least 1 block, or leave "
                "it out"
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


def check_view(c) -> None:
    """InputError when a window is no window, or when there are fewer keys in view than top_k."""
    most = 2 * max(c.grid) - 1  # a window with which every patch sees every other
    if c.window is not None and c.window % 2 == 0:
        raise InputError(
            f"window is {c.window}: the patch itself is in the middle; choose an odd number such "
            f"as {min(c.window + 1, most)}"
        )
    if c.window is not None and c.window > most:
        raise InputError(
            f"window is {c.window}, and the grid of patches is {c.grid[0]}x{c.grid[1]}: with "
            f"{most} every patch sees all; choose an odd number up to {most}, or None for no window"
        )
    if c.axial and c.window is not None:
        raise InputError(
            f"window is {c.window} and axial is True: a patch attends to its window, or to its row "
            "and then its column; choose one of them"
        )
    if c.axial and 1 in c.grid:
        raise InputError(
            f"axial is True, and the grid of patches is {c.grid[0]}x{c.grid[1]}: in half of a "
            "block a patch would see itself alone; choose smaller patches, or leave it out"
        )
    check_top_k(c.top_k, keys_in_view(c))


def keys_in_view(c) -> int:
    """How many keys a patch may attend to, at most."""
    if c.axial:
        return max(c.grid) + c.has_cls
    if c.window is None:
        return c.tokens
    rows, columns = (min(side, c.window) for side in c.grid)
    return rows * columns + c.has_cls


def check_chance(c) -> None:
    """InputError when there is no block to leave out."""
    if c.stochastic_depth and c.depth < 2:
        raise InputError(
            f"stochastic depth is {c.stochastic_depth} and depth is {c.depth}: the first block is "
            "never left out; choose at least 2 blocks, or 0"
        )

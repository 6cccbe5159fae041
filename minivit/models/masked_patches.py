"""Masked patch prediction: a ViT learns without labels (ViT paper, section 4.6, appendix B.1.2).

z_0 = [cls; corrupt(patches E)] + positions      half of the patches, before the positions
z_L = the blocks, as of any ViT
logits of a corrupted patch = LN(z_L)[patch] w + b, one for each colour

Which patches are corrupted, and how, is drawn from the step's seed (ops/masking.py); without one,
from a fixed seed. The embedding's parameters have the names of a ViT's, so that fine-tuning finds
them; two places use them here, since the mask token stands between projection and positions.
"""

from minivit.models.architecture import Architecture
from minivit.models.beginnings import Google, beginning_of
from minivit.models.block import block_backward, block_forward, block_parameters
from minivit.models.chance import Chance, dropout_backward, dropout_forward
from minivit.models.config import ViTConfig
from minivit.models.embedding import (
    embedding_parameters,
    projection_backward,
    projection_forward,
)
from minivit.models.head import pooled
from minivit.models.initialisation import layernorm_parameters, normal
from minivit.models.positions import (
    IN_FRONT,
    add_positions_backward,
    add_positions_forward,
    positions_parameters,
)
from minivit.models.vit import vit_tokens
from minivit.params import Declared

MASK_STD = 0.02  # of the mask token, as in the code of He et al.


def masked_patches_parameters(
    c: ViTConfig,
    *,
    beginning: str = "google",
    zero_head: bool | None = None,
    position_std: float | None = None,
) -> Declared:
    """Every parameter, from the pixels to the head; for the options see `vit_parameters`."""
    start = beginning_of(beginning, zero_head, position_std)
    declared = embedding_parameters(c, start) | between_parameters(c)
    declared |= positions_parameters(c, IN_FRONT, start)
    for i in range(c.depth):
        declared |= block_parameters(c, i, start)
    return declared | {"norm": layernorm_parameters(c.width)} | patch_head_parameters(c, start)


def between_parameters(c: ViTConfig) -> Declared:
    """The mask token, and the places that use the embedding's parameters around it."""
    cls = "embed.cls" if c.has_cls else None
    table = "embed.positions" if c.positions_in_embedding else None
    used = {} if c.patch_norm else {"projection": {"w": "embed.w", "b": "embed.b"}}
    return used | {
        "mask": {"token": normal(c.width, std=MASK_STD)},
        "tokens": {"w": None, "b": None, "cls": cls, "positions": table},
    }


def patch_head_parameters(c: ViTConfig, start: Google, width: int | None = None) -> Declared:
    """The map from a patch's token to what is asked about it."""
    rows = width or c.width
    return {"head": {"w": start.head(rows, c.outputs), "b": start.bias(c.outputs, rows)}}


def masked_patches_forward(ops, p, c: ViTConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> logits (B, corrupted, colours)."""
    masking = chance.masking(c)
    x, caches["patchify"] = ops.patchify_forward(  # (B, N, P*P*channels)
        images, patch=c.patch, stride=c.stride
    )
    x = projection_forward(ops, p, c, x, caches)  # (B, N, D)
    x, caches["mask"] = ops.pick_tokens_forward(x, *p.of("mask"), masking=masking, way="corrupted")
    x, caches["tokens"] = ops.embed_forward(x, *p.of("tokens"))  # (B, T, D)
    x = add_positions_forward(ops, p, c, IN_FRONT, x, caches)
    x = dropout_forward(ops, "dropout", c.dropout, x, caches, chance)
    for i in range(c.depth):
        x = block_forward(ops, p, c, i, x, caches, chance)
    x, caches["picked"] = ops.pick_tokens_forward(  # (B, corrupted, D)
        x, masking=masking, way="hidden", has_cls=c.has_cls
    )
    x, caches["norm"] = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    x, caches["head"] = ops.linear_forward(x, *p.of("head"))
    return x


def masked_patches_backward(ops, g, c: ViTConfig, dlogits, caches, want_dimages: bool):
    """dlogits (B, corrupted, colours) -> dimages, or None without `want_dimages`."""
    dx = g.add("head", ops.linear_backward(dlogits, caches.pop("head")))
    dx = g.add("norm", ops.layernorm_backward(dx, caches.pop("norm")))
    dx, _ = ops.pick_tokens_backward(dx, caches.pop("picked"))
    for i in reversed(range(c.depth)):
        dx = block_backward(ops, g, c, i, dx, caches)
    dx = dropout_backward(ops, "dropout", dx, caches)
    dx = add_positions_backward(ops, g, c, IN_FRONT, dx, caches)
    dx = g.add("tokens", ops.embed_backward(dx, caches.pop("tokens")))
    dx = g.add("mask", ops.pick_tokens_backward(dx, caches.pop("mask")))
    dx = projection_backward(ops, g, c, dx, caches, want_dimages)
    return ops.patchify_backward(dx, caches.pop("patchify"), want_dx=want_dimages)


MASKED_PATCHES = Architecture(
    "masked-patches", ViTConfig, masked_patches_parameters, vit_tokens, pooled,
    masked_patches_forward, masked_patches_backward,
)  # fmt: skip

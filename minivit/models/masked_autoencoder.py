"""A small masked autoencoder: a ViT sees a quarter of an image, and learns to tell the rest.

z_0 = the visible tokens of [cls; patches E] + positions
z_L = LN(the blocks), on few tokens: four times cheaper than on all
y_0 = restore(z_L w + b) + fixed positions       the mask token at the places of hidden patches
pixels of a hidden patch = LN(y_l)[patch] w + b  behind the few blocks of the decoder

(He et al. 2021, "Masked autoencoders are scalable vision learners", section 3.) Which patches are
hidden is drawn from the step's seed (ops/masking.py); without one, from a fixed seed. Fine-tuning
takes the encoder along and leaves the decoder behind.
"""

from dataclasses import replace
from functools import lru_cache

from minivit.models.architecture import Architecture
from minivit.models.beginnings import Google, beginning_of
from minivit.models.block import block_backward, block_forward, block_parameters
from minivit.models.chance import Chance, dropout_backward, dropout_forward
from minivit.models.config import ViTConfig
from minivit.models.embedding import embedding_backward, embedding_forward, embedding_parameters
from minivit.models.head import pooled
from minivit.models.initialisation import layernorm_parameters, normal
from minivit.models.masked_patches import MASK_STD, patch_head_parameters
from minivit.models.positions import (
    IN_FRONT,
    add_positions_backward,
    add_positions_forward,
    positions_parameters,
)
from minivit.models.vit import vit_tokens
from minivit.params import Declared

DECODER = "decoder.blocks"


def mae_parameters(
    c: ViTConfig,
    *,
    beginning: str = "google",
    zero_head: bool | None = None,
    position_std: float | None = None,
) -> Declared:
    """Every parameter, from the pixels to the head; for the options see `vit_parameters`."""
    start = beginning_of(beginning, zero_head, position_std)
    declared = embedding_parameters(c, start) | positions_parameters(c, IN_FRONT, start)
    for i in range(c.depth):
        declared |= block_parameters(c, i, start)
    return declared | {"norm": layernorm_parameters(c.width)} | decoder_parameters(c, start)


@lru_cache
def decoder_of(c: ViTConfig) -> ViTConfig:
    """The decoder's blocks as those of a ViT, worked out once for each configuration."""
    width = c.decoder_width or c.width
    return replace(
        c.classifier(), width=width, depth=c.decoder_depth, mlp=max(1, c.mlp * width // c.width),
        positions="sincos-2d-mae", head_width=None, out_projection=True, top_k=None,
        stochastic_depth=0.0, dropout=0.0, attention_dropout=0.0, cls_token=c.has_cls,
    )  # fmt: skip


def decoder_parameters(c: ViTConfig, start: Google) -> Declared:
    """What is learned behind the encoder."""
    D, d = c.width, decoder_of(c)
    declared = {
        "decoder.projection": {"w": start.matrix(D, d.width), "b": start.bias(d.width, D)},
        "decoder.mask": {"token": normal(d.width, std=MASK_STD)},
    }
    for i in range(d.depth):
        declared |= block_parameters(d, i, start, under=DECODER)
    norm = {"decoder.norm": layernorm_parameters(d.width)}
    return declared | norm | patch_head_parameters(c, start, d.width)


def mae_forward(ops, p, c: ViTConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> pixels (B, hidden, P*P*channels)."""
    masking = chance.masking(c)
    x = embedding_forward(ops, p, c, images, caches, chance)  # (B, T, D)
    x = add_positions_forward(ops, p, c, IN_FRONT, x, caches)
    x = dropout_forward(ops, "dropout", c.dropout, x, caches, chance)
    x, caches["visible"] = ops.pick_tokens_forward(  # (B, visible, D)
        x, masking=masking, way="visible", has_cls=c.has_cls
    )
    for i in range(c.depth):
        x = block_forward(ops, p, c, i, x, caches, chance)
    x, caches["norm"] = ops.layernorm_forward(x, *p.of("norm"), eps=c.eps)
    return decoder_forward(ops, p, c, x, caches, chance, masking)


def decoder_forward(ops, p, c: ViTConfig, x, caches, chance: Chance, masking):
    """x (B, visible, D) -> pixels (B, hidden, P*P*channels)."""
    d = decoder_of(c)
    x, caches["decoder.projection"] = ops.linear_forward(x, *p.of("decoder.projection"))
    x, caches["decoder.mask"] = ops.pick_tokens_forward(  # (B, T, width of the decoder)
        x, *p.of("decoder.mask"), masking=masking, way="restored", has_cls=c.has_cls
    )
    x, caches["decoder.positions"] = ops.sincos_positions_forward(x, kind=d.positions, grid=d.grid)
    for i in range(d.depth):
        x = block_forward(ops, p, d, i, x, caches, chance, under=DECODER)
    x, caches["decoder.picked"] = ops.pick_tokens_forward(  # (B, hidden, width of the decoder)
        x, masking=masking, way="hidden", has_cls=c.has_cls
    )
    x, caches["decoder.norm"] = ops.layernorm_forward(x, *p.of("decoder.norm"), eps=c.eps)
    x, caches["head"] = ops.linear_forward(x, *p.of("head"))
    return x


def mae_backward(ops, g, c: ViTConfig, dpixels, caches, want_dimages: bool):
    """dpixels (B, hidden, P*P*channels) -> dimages, or None without `want_dimages`."""
    dx = decoder_backward(ops, g, c, dpixels, caches)
    dx = g.add("norm", ops.layernorm_backward(dx, caches.pop("norm")))
    for i in reversed(range(c.depth)):
        dx = block_backward(ops, g, c, i, dx, caches)
    dx, _ = ops.pick_tokens_backward(dx, caches.pop("visible"))
    dx = dropout_backward(ops, "dropout", dx, caches)
    dx = add_positions_backward(ops, g, c, IN_FRONT, dx, caches)
    return embedding_backward(ops, g, c, dx, caches, want_dimages)


def decoder_backward(ops, g, c: ViTConfig, dpixels, caches):
    """dpixels (B, hidden, P*P*channels) -> dx (B, visible, D), in mirror order."""
    d = decoder_of(c)
    dx = g.add("head", ops.linear_backward(dpixels, caches.pop("head")))
    dx = g.add("decoder.norm", ops.layernorm_backward(dx, caches.pop("decoder.norm")))
    dx, _ = ops.pick_tokens_backward(dx, caches.pop("decoder.picked"))
    for i in reversed(range(d.depth)):
        dx = block_backward(ops, g, d, i, dx, caches, under=DECODER)
    dx = ops.sincos_positions_backward(dx, caches.pop("decoder.positions"))
    dx = g.add("decoder.mask", ops.pick_tokens_backward(dx, caches.pop("decoder.mask")))
    return g.add("decoder.projection", ops.linear_backward(dx, caches.pop("decoder.projection")))


MAE = Architecture("mae", ViTConfig, mae_parameters, vit_tokens, pooled, mae_forward, mae_backward)

"""The Vision Transformer: its parameters, its forward, and its backward in mirror order.

z_0  = [cls; patches E] + positions               (equation 1 of the paper)
z'_l = z_(l-1) + MSA(LN(z_(l-1)))                 (2)
z_l  = z'_l + MLP(LN(z'_l))                       (3)
logits = LN(z_L)[cls] w + b                       (4)

`ops` is a backend (minivit.ops or minivit.kernels), `p` and `g` are parameters and gradients by
place, and `caches` takes the cache of every op under the name of its place.
"""

from minivit.models.architecture import Architecture
from minivit.models.beginnings import beginning_of
from minivit.models.block import block_backward, block_forward, block_parameters
from minivit.models.chance import Chance, dropout_backward, dropout_forward
from minivit.models.config import ViTConfig
from minivit.models.embedding import embedding_backward, embedding_forward, embedding_parameters
from minivit.models.head import head_backward, head_forward, head_parameters, pooled
from minivit.models.positions import (
    IN_FRONT,
    add_positions_backward,
    add_positions_forward,
    positions_parameters,
)
from minivit.params import Declared


def vit_parameters(
    c: ViTConfig,
    *,
    beginning: str = "google",
    zero_head: bool | None = None,
    position_std: float | None = None,
) -> Declared:
    """Every parameter, from the pixels to the head, as one of the BEGINNINGS draws it.

    `zero_head` and `position_std`, if they are given, take the place of what the beginning says.
    With `zero_head=False` the head is drawn as any matrix: a zero head lets no gradient through. A
    larger `position_std` helps a small data set: 0.02 is little beside embedded patches of about 1,
    and the model needs many steps to learn where a patch lies.
    """
    start = beginning_of(beginning, zero_head, position_std)
    declared = embedding_parameters(c, start)
    declared |= positions_parameters(c, IN_FRONT, start)
    for i in range(c.depth):
        declared |= block_parameters(c, i, start)
    return declared | head_parameters(c, start)


def vit_tokens(ops, p, c: ViTConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> x (B, T, D) before the blocks, then after each."""
    x = embedding_forward(ops, p, c, images, caches, chance)  # (B, T, D)
    x = add_positions_forward(ops, p, c, IN_FRONT, x, caches)
    x = dropout_forward(ops, "dropout", c.dropout, x, caches, chance)
    yield x
    for i in range(c.depth):
        x = block_forward(ops, p, c, i, x, caches, chance)
        yield x


def vit_forward(ops, p, c: ViTConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> logits (B, C)."""
    for tokens in vit_tokens(ops, p, c, images, caches, chance):
        x = tokens  # only the last go on
    return head_forward(ops, p, c, x, caches)


def vit_backward(ops, g, c: ViTConfig, dlogits, caches, want_dimages: bool):
    """dlogits (B, C) -> dimages (B, height, width, channels), or None without `want_dimages`.

    Adds to `g`, and takes every cache out of `caches` on use, so that its memory can be freed.
    """
    dx = head_backward(ops, g, c, dlogits, caches)
    for i in reversed(range(c.depth)):
        dx = block_backward(ops, g, c, i, dx, caches)
    dx = dropout_backward(ops, "dropout", dx, caches)
    dx = add_positions_backward(ops, g, c, IN_FRONT, dx, caches)
    return embedding_backward(ops, g, c, dx, caches, want_dimages)


VIT = Architecture("vit", ViTConfig, vit_parameters, vit_tokens, pooled, vit_forward, vit_backward)

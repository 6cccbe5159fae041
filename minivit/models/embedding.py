"""From the pixels to the tokens (ViT paper, equation 1), with or without LayerNorm around E.

The patches are cut out of the image, or of the map that a backbone makes of it (backbone.py).

x = [cls; patches E + b] + positions                  as in the paper
x = [cls; LN(LN(patches) E + b)] + positions          with `patch_norm`, as in vit-pytorch

Each of the two norms has a gamma and a beta of its own. The positions that are added elsewhere have
their own file (positions.py).
"""

from minivit.models.backbone import backbone_backward, backbone_forward, backbone_parameters
from minivit.models.beginnings import Google
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.initialisation import layernorm_parameters
from minivit.params import Declared


def embedding_parameters(c: ViTConfig, start: Google) -> Declared:
    """The parameters up to the first token, place by place, in the order of the ops' inputs."""
    D = c.width
    cls = start.cls(D) if c.has_cls else None
    table = start.positions(c.tokens, D) if c.positions_in_embedding else None
    E = {"w": start.dense(c.pixels, D), "b": start.bias(D, c.pixels)}
    backbone = backbone_parameters(c, start)
    if not c.patch_norm:
        return backbone | {"embed": E | {"cls": cls, "positions": table}}
    return backbone | {
        "patch_norm": layernorm_parameters(c.pixels),
        "projection": E,
        "projection_norm": layernorm_parameters(D),
        "embed": {"w": None, "b": None, "cls": cls, "positions": table},
    }


def embedding_forward(ops, p, c: ViTConfig, images, caches, chance: Chance):
    """images (B, height, width, channels) -> x (B, T, D)."""
    x = backbone_forward(ops, p, c, images, caches, chance)  # (B, *map_sides, map_channels)
    x, caches["patchify"] = ops.patchify_forward(  # (B, N, P*P*channels)
        x, patch=c.patch, stride=c.stride
    )
    if c.patch_norm:
        x = projection_forward(ops, p, c, x, caches)  # (B, N, D)
    x, caches["embed"] = ops.embed_forward(x, *p.of("embed"))  # (B, T, D)
    return x


def embedding_backward(ops, g, c: ViTConfig, dx, caches, want_dimages: bool):
    """dx (B, T, D) -> dimages (B, height, width, channels), or None without `want_dimages`."""
    want_dmap = want_dimages or c.root is not None
    want_dpatches = want_dmap or c.patch_norm
    dx = g.add("embed", ops.embed_backward(dx, caches.pop("embed"), want_dx=want_dpatches))
    if c.patch_norm:
        dx = projection_backward(ops, g, c, dx, caches, True)
    dx = ops.patchify_backward(dx, caches.pop("patchify"), want_dx=want_dmap)
    return backbone_backward(ops, g, c, dx, caches, want_dimages)


def projection_forward(ops, p, c: ViTConfig, x, caches):
    """Flat patches x (B, N, P*P*channels) -> (B, N, D), where the projection is a place."""
    if c.patch_norm:
        x, caches["patch_norm"] = ops.layernorm_forward(x, *p.of("patch_norm"), eps=c.eps)
    x, caches["projection"] = ops.linear_forward(x, *p.of("projection"))
    if c.patch_norm:
        x, caches["projection_norm"] = ops.layernorm_forward(x, *p.of("projection_norm"), eps=c.eps)
    return x


def projection_backward(ops, g, c: ViTConfig, dx, caches, want_dx: bool):
    """dx (B, N, D) -> (B, N, P*P*channels); None where neither a norm nor the caller wants it."""
    if c.patch_norm:
        dx = g.add("projection_norm", ops.layernorm_backward(dx, caches.pop("projection_norm")))
    want_dx = want_dx or c.patch_norm
    dx = g.add("projection", ops.linear_backward(dx, caches.pop("projection"), want_dx=want_dx))
    if c.patch_norm:
        dx = g.add("patch_norm", ops.layernorm_backward(dx, caches.pop("patch_norm")))
    return dx

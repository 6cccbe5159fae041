"""An encoder block: the attention branch, then the MLP branch (ViT paper, equations 2 and 3).

`ops` is a backend, `p` and `g` are parameters and gradients by place, `c` is the configuration,
`i` the number of the block; `caches` takes the cache of every op under the name of its place.
"""

from minivit.models.beginnings import Google
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.initialisation import layernorm_parameters
from minivit.models.positions import (
    add_positions_backward,
    add_positions_forward,
    positions_parameters,
)
from minivit.params import Declared


def places(i: int) -> tuple[str, str, str]:
    """The names of the places in block i."""
    return f"blocks.{i}.positions", f"blocks.{i}.attention", f"blocks.{i}.mlp"


def block_parameters(c: ViTConfig, i: int, start: Google) -> Declared:
    """The parameters of block i, place by place, in the order of the ops' inputs."""
    (positions, attention, mlp), D, M, HK = places(i), c.width, c.mlp, c.heads_width
    return positions_parameters(c, positions, start) | {
        attention: layernorm_parameters(D)
        | {
            "w_qkv": start.qkv(c),
            "b_qkv": start.bias(3 * HK, D) if c.qkv_bias else None,
            "w_out": start.matrix(HK, D) if c.out_projection else None,
            "b_out": start.bias(D, HK) if c.out_projection else None,
        },
        mlp: layernorm_parameters(D)
        | {
            "w1": start.matrix(D, M),
            "b1": start.mlp_bias(M, D),
            "w2": start.matrix(M, D),
            "b2": start.mlp_bias(D, M),
        },
    }


def block_forward(ops, p, c: ViTConfig, i: int, x, caches, chance: Chance):
    """x (B, T, D) -> (B, T, D)."""
    (positions, a, m), skipped = places(i), c.drop_rate(i)
    x = add_positions_forward(ops, p, c, positions, x, caches)
    x, caches[a] = ops.attention_branch_forward(
        x, *p.of(a), heads=c.heads, options=c.attention, eps=c.eps,
        drop=chance.branch(a, inside=c.attention_dropout, out=c.dropout, images=skipped),
    )  # x + MSA(LN(x))  # fmt: skip
    x, caches[m] = ops.mlp_branch_forward(
        x, *p.of(m), gelu=c.gelu, eps=c.eps,
        drop=chance.branch(m, inside=c.dropout, out=c.dropout, images=skipped),
    )  # x + MLP(LN(x))  # fmt: skip
    return x


def block_backward(ops, g, c: ViTConfig, i: int, dx, caches):
    """dx (B, T, D) -> dx (B, T, D), in mirror order. Takes the block's caches out of `caches`."""
    positions, a, m = places(i)
    dx = g.add(m, ops.mlp_branch_backward(dx, caches.pop(m)))
    dx = g.add(a, ops.attention_branch_backward(dx, caches.pop(a)))
    return add_positions_backward(ops, g, c, positions, dx, caches)

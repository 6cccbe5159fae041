"""An encoder block: the attention branch, then the MLP branch (ViT paper, equations 2 and 3).

`ops` is a backend, `p` and `g` are parameters and gradients by place, `c` is the configuration,
`i` the number of the block; `caches` takes the cache of every op under the name of its place.
"""

from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.initialisation import (
    MLP_BIAS_STD,
    layernorm_parameters,
    matrices,
    matrix,
    normal,
    zeros,
)
from minivit.models.positions import (
    add_positions_backward,
    add_positions_forward,
    offsets_parameter,
    positions_parameters,
)
from minivit.params import Declared


def places(i: int) -> tuple[str, str, str]:
    """The names of the places in block i."""
    return f"blocks.{i}.positions", f"blocks.{i}.attention", f"blocks.{i}.mlp"


def block_parameters(c: ViTConfig, i: int, position_std: float) -> Declared:
    """The parameters of block i, place by place, in the order of the ops' inputs."""
    (positions, attention, mlp), D, M = places(i), c.width, c.mlp
    return positions_parameters(c, positions, position_std) | {
        attention: layernorm_parameters(D)
        | {
            "w_qkv": matrices(3, D, D),
            "b_qkv": zeros(3 * D) if c.qkv_bias else None,
            "w_out": matrix(D, D),
            "b_out": zeros(D),
            "offsets": offsets_parameter(c, position_std),
        },
        mlp: layernorm_parameters(D)
        | {
            "w1": matrix(D, M),
            "b1": normal(M, std=MLP_BIAS_STD),
            "w2": matrix(M, D),
            "b2": normal(D, std=MLP_BIAS_STD),
        },
    }


def block_forward(ops, p, c: ViTConfig, i: int, x, caches, chance: Chance):
    """x (B, T, D) -> (B, T, D)."""
    (positions, a, m), rate = places(i), c.drop_rate(i)
    x = add_positions_forward(ops, p, c, positions, x, caches)
    x, caches[a] = ops.attention_branch_forward(
        x, *p.of(a), heads=c.heads, options=c.attention, drop=chance.drop(a, rate), eps=c.eps
    )  # x + MSA(LN(x))
    x, caches[m] = ops.mlp_branch_forward(
        x, *p.of(m), gelu=c.gelu, drop=chance.drop(m, rate), eps=c.eps
    )  # x + MLP(LN(x))
    return x


def block_backward(ops, g, c: ViTConfig, i: int, dx, caches):
    """dx (B, T, D) -> dx (B, T, D), in mirror order. Takes the block's caches out of `caches`."""
    positions, a, m = places(i)
    dx = g.add(m, ops.mlp_branch_backward(dx, caches.pop(m)))
    dx = g.add(a, ops.attention_branch_backward(dx, caches.pop(a)))
    return add_positions_backward(ops, g, c, positions, dx, caches)

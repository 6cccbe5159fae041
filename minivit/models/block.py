"""An encoder block: the attention branch, then the MLP branch (ViT paper, equations 2 and 3)."""

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
from minivit.models.positions import positions_backward, positions_forward, positions_parameters
from minivit.params import Declared


def block_parameters(c: ViTConfig, i: int, position_std: float) -> Declared:
    """Of block i, place by place, in the order of the ops' inputs."""
    D, M = c.width, c.mlp
    attention = layernorm_parameters(D) | {
        "w_qkv": matrices(3, D, D),
        "b_qkv": zeros(3 * D) if c.qkv_bias else None,
        "w_out": matrix(D, D),
        "b_out": zeros(D),
    }
    mlp = layernorm_parameters(D) | {
        "w1": matrix(D, M),
        "b1": normal(M, std=MLP_BIAS_STD),
        "w2": matrix(M, D),
        "b2": normal(D, std=MLP_BIAS_STD),
    }
    positions = positions_parameters(c, f"blocks.{i}.positions", position_std)
    return positions | {f"blocks.{i}.attention": attention, f"blocks.{i}.mlp": mlp}


def block_forward(ops, p, c: ViTConfig, i: int, x, caches, chance: Chance):
    """x (B, T, D) -> (B, T, D)."""
    a, m, rate = f"blocks.{i}.attention", f"blocks.{i}.mlp", c.drop_rate(i)
    x = positions_forward(ops, p, c, f"blocks.{i}.positions", x, caches)
    x, caches[a] = ops.attention_branch_forward(
        x, *p.of(a), heads=c.heads, options=c.attention, drop=chance.drop(a, rate), eps=c.eps
    )  # x + MSA(LN(x))
    x, caches[m] = ops.mlp_branch_forward(
        x, *p.of(m), gelu=c.gelu, drop=chance.drop(m, rate), eps=c.eps
    )  # x + MLP(LN(x))
    return x


def block_backward(ops, g, c: ViTConfig, i: int, dx, caches):
    """The same from its end: dx (B, T, D) -> (B, T, D). Takes its caches out of `caches`."""
    a, m = f"blocks.{i}.attention", f"blocks.{i}.mlp"
    dx = g.add(m, ops.mlp_branch_backward(dx, caches.pop(m)))
    dx = g.add(a, ops.attention_branch_backward(dx, caches.pop(a)))
    return positions_backward(ops, g, c, f"blocks.{i}.positions", dx, caches)

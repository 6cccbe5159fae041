"""An encoder block: the attention branch, then the MLP branch (ViT paper, equations 2 and 3).

An axial block has two halves like that: attention along the rows, then along the columns (ViT
paper, appendix D.6).

`ops` is a backend, `p` and `g` are parameters and gradients by place, `c` is the configuration,
`i` the number of the block; `caches` takes the cache of every op under the name of its place.
"""

from typing import NamedTuple

from minivit.errors import InputError
from minivit.models.beginnings import Google
from minivit.models.chance import Chance
from minivit.models.config import ViTConfig
from minivit.models.initialisation import layernorm_parameters
from minivit.models.positions import (
    add_positions_backward,
    add_positions_forward,
    offsets_parameter,
    positions_parameters,
)
from minivit.ops.attention import AttentionOptions
from minivit.ops.window import Window
from minivit.params import Declared

BLOCKS = "blocks"  # the places of the blocks stand under this name, or another one


class Half(NamedTuple):
    """An attention branch and the MLP branch after it: a block, or a half of an axial one."""

    attention: str  # the names of their places
    mlp: str
    options: AttentionOptions


def halves(c: ViTConfig, i: int, under: str = BLOCKS) -> list[Half]:
    """What block i consists of, in order, behind the positions."""
    block = f"{under}.{i}"
    if not c.axial:
        reach = None if c.window is None else (c.window // 2, c.window // 2)
        return [Half(f"{block}.attention", f"{block}.mlp", attention_options(c, reach))]
    rows, columns = c.grid
    along_row, along_column = attention_options(c, (0, columns)), attention_options(c, (rows, 0))
    return [
        Half(f"{block}.row_attention", f"{block}.row_mlp", along_row),
        Half(f"{block}.column_attention", f"{block}.column_mlp", along_column),
    ]


def attention_options(c: ViTConfig, reach: tuple[int, int] | None) -> AttentionOptions:
    """What attention does beyond the plain formula; patches see so many rows and columns far."""
    window = None if reach is None else Window(c.grid, reach)
    return AttentionOptions(top_k=c.top_k, window=window)


def attention_places(c: ViTConfig) -> list[str]:
    """The places of all attention branches, from the first block to the last.

    Raises InputError for a model without attention.
    """
    if c.family != "ViT":
        raise InputError(f"a {c.family} has no attention to look at: choose a ViT or a hybrid")
    return [half.attention for i in range(c.depth) for half in halves(c, i)]


def block_parameters(c: ViTConfig, i: int, start: Google, under: str = BLOCKS) -> Declared:
    """The parameters of block i, place by place, in the order of the ops' inputs."""
    declared = positions_parameters(c, f"{under}.{i}.positions", start)
    for half in halves(c, i, under):
        declared |= half_parameters(c, half, start)
    return declared


def half_parameters(c: ViTConfig, half: Half, start: Google) -> Declared:
    """The parameters of an attention branch and an MLP branch."""
    D, M, HK = c.width, c.mlp, c.heads_width
    return {
        half.attention: layernorm_parameters(D)
        | {
            "w_qkv": start.qkv(c)._replace(matrices=3),
            "b_qkv": start.bias(3 * HK, D) if c.qkv_bias else None,
            "w_out": start.matrix(HK, D)._replace(matrices=1) if c.out_projection else None,
            "b_out": start.bias(D, HK) if c.out_projection else None,
            "offsets": offsets_parameter(c, start),
        },
        half.mlp: layernorm_parameters(D)
        | {
            "w1": start.matrix(D, M)._replace(matrices=1),
            "b1": start.mlp_bias(M, D),
            "w2": start.matrix(M, D)._replace(matrices=1),
            "b2": start.mlp_bias(D, M),
        },
    }


def block_forward(ops, p, c: ViTConfig, i: int, x, caches, chance: Chance, *, under: str = BLOCKS):
    """x (B, T, D) -> (B, T, D)."""
    skipped = c.drop_rate(i)
    x = add_positions_forward(ops, p, c, f"{under}.{i}.positions", x, caches)
    for a, m, options in halves(c, i, under):
        x, caches[a] = ops.attention_branch_forward(
            x, *p.of(a), heads=c.heads, options=options, eps=c.eps,
            drop=chance.branch(a, inside=c.attention_dropout, out=c.dropout, images=skipped),
        )  # x + MSA(LN(x))  # fmt: skip
        x, caches[m] = ops.mlp_branch_forward(
            x, *p.of(m), gelu=c.gelu, eps=c.eps,
            drop=chance.branch(m, inside=c.dropout, out=c.dropout, images=skipped),
        )  # x + MLP(LN(x))  # fmt: skip
    return x


def block_backward(ops, g, c: ViTConfig, i: int, dx, caches, *, under: str = BLOCKS):
    """dx (B, T, D) -> dx (B, T, D), in mirror order. Takes the block's caches out of `caches`."""
    for a, m, _ in reversed(halves(c, i, under)):
        dx = g.add(m, ops.mlp_branch_backward(dx, caches.pop(m)))
        dx = g.add(a, ops.attention_branch_backward(dx, caches.pop(a)))
    return add_positions_backward(ops, g, c, f"{under}.{i}.positions", dx, caches)

"""The same Vision Transformer, as a PyTorch user would write it for speed."""

from typing import NamedTuple

import torch
from torch import nn
from torch.nn.functional import scaled_dot_product_attention

from minivit.models import ViTConfig, parameter_count


class Block(nn.Module):
    def __init__(self, c: ViTConfig):
        super().__init__()
        self.heads = c.heads
        self.norm1, self.norm2 = nn.LayerNorm(c.width, c.eps), nn.LayerNorm(c.width, c.eps)
        self.qkv, self.out = nn.Linear(c.width, 3 * c.width), nn.Linear(c.width, c.width)
        self.mlp = nn.Sequential(
            nn.Linear(c.width, c.mlp), nn.GELU(), nn.Linear(c.mlp, c.width)
        )  # fmt: skip

    def forward(self, x):
        B, T, D = x.shape
        qkv = self.qkv(self.norm1(x)).view(B, T, 3, self.heads, D // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)  # (B, H, T, K)
        mixed = scaled_dot_product_attention(q, k, v)
        x = x + self.out(mixed.transpose(1, 2).reshape(B, T, D))
        return x + self.mlp(self.norm2(x))


class TorchViT(nn.Module):
    """images (B, height, width, channels) -> logits (B, C): pre-norm, cls token, erf GELU."""

    def __init__(self, c: ViTConfig):
        super().__init__()
        self.config = c
        self.embed = nn.Linear(c.pixels, c.width)
        self.cls = nn.Parameter(torch.zeros(c.width))
        self.positions = nn.Parameter(0.02 * torch.randn(c.tokens, c.width))
        self.blocks = nn.ModuleList(Block(c) for _ in range(c.depth))
        self.norm = nn.LayerNorm(c.width, c.eps)
        self.head = nn.Linear(c.width, c.classes)
        assert sum(p.numel() for p in self.parameters()) == parameter_count(c)

    def forward(self, images):
        c, B = self.config, len(images)
        (rows, columns), (height, width) = c.grid, c.patch
        patches = images.view(B, rows, height, columns, width, c.channels).permute(0, 1, 3, 2, 4, 5)
        x = self.embed(patches.reshape(B, c.patches, c.pixels))
        x = torch.cat([self.cls.expand(B, 1, -1), x], dim=1) + self.positions
        for block in self.blocks:
            x = block(x)
        return self.head(self.norm(x)[:, 0])


class Twin(NamedTuple):
    """A parameter in PyTorch, and how it lies beside minivit's."""

    parameter: nn.Parameter
    matrix: bool = False  # nn.Linear's are (out, in), minivit's (in, out)

    def as_ours(self, tensor: torch.Tensor) -> torch.Tensor:
        """The parameter or its gradient, in the shape that it has in minivit."""
        return tensor.detach().T if self.matrix else tensor.detach()


def twins(model: TorchViT) -> dict[str, Twin]:
    """minivit's name of every parameter -> its twin in PyTorch."""
    parts = {"embed": "embed.w embed.b", "norm": "norm.gamma norm.beta", "head": "head.w head.b"}
    for i in range(model.config.depth):
        parts |= {
            f"blocks.{i}.norm1": "attention.gamma attention.beta",
            f"blocks.{i}.qkv": "attention.w_qkv attention.b_qkv",
            f"blocks.{i}.out": "attention.w_out attention.b_out",
            f"blocks.{i}.norm2": "mlp.gamma mlp.beta",
            f"blocks.{i}.mlp.0": "mlp.w1 mlp.b1",
            f"blocks.{i}.mlp.2": "mlp.w2 mlp.b2",
        }
    found = {"embed.cls": Twin(model.cls), "embed.positions": Twin(model.positions)}
    for path, names in parts.items():
        part, prefix = model.get_submodule(path), ".".join(path.split(".")[:2]) + "."
        weight, bias = (prefix * path.startswith("blocks") + name for name in names.split())
        found |= {
            weight: Twin(part.weight, matrix=isinstance(part, nn.Linear)),
            bias: Twin(part.bias),
        }
    return found


def decayed_and_rest(model: TorchViT) -> tuple[list[nn.Parameter], list[nn.Parameter]]:
    """The parameters that AdamW decays, which are the matrices, and those that it leaves alone."""
    groups = ([], [])
    for twin in twins(model).values():
        groups[not twin.matrix].append(twin.parameter)
    return groups

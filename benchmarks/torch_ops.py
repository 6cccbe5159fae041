"""The ops in PyTorch's words, with minivit's arguments. Imported only where PyTorch is."""

import math

import torch
from torch.nn import functional

from minivit.ops.dropout import value_factors
from minivit.ops.masking import MASK, sources
from minivit.ops.stochastic_depth import image_factors

from . import torch_maps


def patchify(images, *, patch):
    B, height, width, channels = images.shape
    rows, columns = height // patch, width // patch
    split = images.view(B, rows, patch, columns, patch, channels)
    return split.permute(0, 1, 3, 2, 4, 5).reshape(B, rows * columns, -1)


def embed(patches, w, b, cls, positions):
    tokens = functional.linear(patches, w.T, b)
    return torch.cat([cls.expand(len(patches), 1, -1), tokens], dim=1) + positions


def pick_tokens(x, token=None, *, masking, way, has_cls=False):
    found = torch.from_numpy(sources(way, masking, len(x), has_cls))[..., None]  # (B, T', 1)
    picked = torch.take_along_dim(x, found.clamp(min=0), dim=1)
    return picked if token is None else torch.where(found == MASK, token, picked)


def linear(x, w, b):
    return functional.linear(x, w.T, b)


def layernorm(x, gamma, beta):
    return functional.layer_norm(x, gamma.shape, gamma, beta, eps=1e-6)


def softmax(x):
    return torch.softmax(x, dim=-1)


def mlp(x, w1, b1, w2, b2):
    hidden = functional.gelu(functional.linear(x, w1.T, b1))
    return functional.linear(hidden, w2.T, b2)


def mlp_branch(x, gamma, beta, w1, b1, w2, b2):
    return x + mlp(layernorm(x, gamma, beta), w1, b1, w2, b2)


def multihead_attention(x, w_qkv, b_qkv, w_out, b_out, *, heads):
    B, T, D = x.shape
    qkv = functional.linear(x, w_qkv.T, b_qkv).view(B, T, 3, heads, D // heads)
    q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
    mixed = functional.scaled_dot_product_attention(q, k, v)
    return functional.linear(mixed.transpose(1, 2).reshape(B, T, D), w_out.T, b_out)


def attention_branch(x, gamma, beta, w_qkv, b_qkv, w_out, b_out, *, heads):
    h = layernorm(x, gamma, beta)
    return x + multihead_attention(h, w_qkv, b_qkv, w_out, b_out, heads=heads)


def head(x, w, b):
    return functional.linear(x[:, 0], w.T, b)


def positions(x, table):
    return x + table


def positions_2d(x, rows, columns, cls, *, grid):
    across = (*grid, rows.shape[1])
    halves = rows[:, None].expand(across), columns.expand(across)
    table = torch.cat(halves, dim=-1).reshape(grid[0] * grid[1], -1)
    return x + torch.cat([cls[None], table])


def sincos_positions(x, *, grid):
    _, T, D = x.shape
    frequencies = 10_000 ** (torch.arange(0, D, 2, dtype=torch.float64) / -D)
    angles = torch.outer(torch.arange(T, dtype=torch.float64), frequencies)
    return x + torch.stack([angles.sin(), angles.cos()], dim=-1).view(T, D).float()


def pool(x, w, b, *, pool):
    probs = torch.softmax(functional.linear(x, w.T, b), dim=1)  # (B, T, 1)
    return (probs.transpose(1, 2) @ x)[:, 0]


def pre_logits(x, w, b):
    return torch.tanh(functional.linear(x, w.T, b))


def dropout(x, *, drop):
    return x * torch.from_numpy(value_factors(drop, x.detach().numpy()))


def stochastic_depth(x, *, drop):
    return x * torch.from_numpy(image_factors(drop, x.detach().numpy()))


def similarity(x, y, log_scale):
    return log_scale.exp() * functional.normalize(x) @ functional.normalize(y).T


def cross_entropy(logits, *, labels):
    return functional.cross_entropy(logits, torch.from_numpy(labels))


def mean_squared_error(x, *, targets):
    return functional.mse_loss(x, torch.from_numpy(targets))


def optimiser_of(name, parameters, options):
    """PyTorch's own, in one pass where it can; of Muon, which it has in bfloat16 alone, ours."""
    rate, decay = options["learning_rate"], options["weight_decay"]
    if name == "adam":
        return torch.optim.AdamW([parameters], lr=rate, weight_decay=decay, fused=True)
    if name == "sgd":
        momentum = options["momentum"]
        return torch.optim.SGD([parameters], lr=rate, momentum=momentum, weight_decay=decay,
                               fused=True)  # fmt: skip
    return Muon([parameters], options)


class Muon(torch.optim.Optimizer):
    """Muon in float32, for a matrix (D, columns) in which several lie side by side."""

    def __init__(self, parameters, options):
        super().__init__(parameters, options | {"lr": options["learning_rate"]})

    @torch.no_grad()
    def step(self):
        (group,) = self.param_groups
        (p,), momentum = group["params"], group["momentum"]
        v = self.state[p].setdefault("velocity", torch.zeros_like(p))
        v.mul_(momentum).add_(p.grad)
        update = p.grad + momentum * v
        parts = [orthogonalised(part) for part in update.chunk(group["matrices"], dim=1)]
        p.mul_(1 - group["lr"] * group["weight_decay"])
        rate = group["lr"] * 0.2 * math.sqrt(max(parts[0].shape))
        p.sub_(torch.cat(parts, dim=1), alpha=rate)


def orthogonalised(x):
    """As minivit.ops.muon has it, of a square matrix."""
    x = x / (torch.linalg.matrix_norm(x) + 1e-7)
    for _ in range(5):
        s = x @ x.T
        x = 3.4445 * x + (-4.7750 * s + 2.0315 * s @ s) @ x
    return x


FUNCTIONS = {
    "attention": functional.scaled_dot_product_attention,
    "attention_branch": attention_branch,
    "cross_entropy": cross_entropy,
    "dropout": dropout,
    "embed": embed,
    "gelu": functional.gelu,
    "head": head,
    "layernorm": layernorm,
    "linear": linear,
    "mean_squared_error": mean_squared_error,
    "mlp": mlp,
    "mlp_branch": mlp_branch,
    "multihead_attention": multihead_attention,
    "patchify": patchify,
    "pick_tokens": pick_tokens,
    "pool": pool,
    "positions": positions,
    "positions_2d": positions_2d,
    "pre_logits": pre_logits,
    "similarity": similarity,
    "sincos_positions": sincos_positions,
    "softmax": softmax,
    "stochastic_depth": stochastic_depth,
    "weight_standardisation": torch_maps.weight_standardisation,
} | torch_maps.FUNCTIONS


def layouts(op: str) -> tuple[torch_maps.Layout, ...]:
    """In which layouts an op's arrays are tried."""
    return torch_maps.LAYOUTS if op in torch_maps.FUNCTIONS else (torch_maps.AS_IT_IS,)

"""What a ViT costs, stage by stage: counted from its configuration, nothing is allocated.

FLOPs are those of the matrix products, an addition and a multiplication counting as 2; all else
(LayerNorm, softmax, GELU, sums) is linear in the values, and small beside them. The backward needs
two products for each of the forward's, one for the input and one for the weights: a training step
costs three times the forward.
"""

import math
from typing import NamedTuple

from minivit.models.config import ViTConfig, parameter_shapes

BACKWARD_AND_FORWARD = 3
MOMENTS = 2  # Adam's


class Stage(NamedTuple):
    name: str  # as in the parameters' names; "blocks.i." stands for every block
    shape: tuple[int, ...]  # of what it returns, without the batch
    parameters: int
    flops: int  # of the forward, per image
    kept: int  # numbers remembered for the backward, per image, by the NumPy backend
    times: int = 1  # how many such stages there are: the depth, inside the blocks


def stages(config: ViTConfig) -> list[Stage]:
    """Every stage, from the pixels to the logits.

    Each linear map keeps its input, LayerNorm x_hat and 1 / std, attention also q, k, v and the
    probabilities, GELU its input z and Phi(z). A cls head keeps the whole x that its token is in.
    What LayerNorm hands to attention and to the MLP is made again from x_hat.
    """
    c = config
    T, D, H, M, C, N = c.tokens, c.width, c.heads, c.mlp, c.classes, c.patches
    counts = parameters_by_stage(c)
    scores = 2 * 2 * T * T * D  # q k^T and probs v
    norm = T * D + T
    block = [
        ("norm1", 0, norm),
        ("attention", 2 * T * D * 4 * D + scores, 4 * T * D + H * T * T),
        ("norm2", 0, norm),
        ("mlp", 2 * 2 * T * D * M, 3 * T * M),
    ]
    rows = [
        Stage("patchify", (N, c.pixels), 0, 0, 0),
        Stage("embed", (T, D), counts["embed"], 2 * N * c.pixels * D, N * c.pixels),
    ]
    if c.depth:
        for name, flops, kept in block:
            in_block = f"blocks.0.{name}"
            rows.append(Stage(f"blocks.i.{name}", (T, D), counts[in_block], flops, kept, c.depth))
    rows.append(Stage("norm", (T, D), counts["norm"], 0, norm))
    pooled = T * D if c.pool == "cls" else D
    return [*rows, Stage("head", (C,), counts["head"], 2 * D * C, pooled)]


def parameters_by_stage(config: ViTConfig) -> dict[str, int]:
    """How many parameters each stage has: the name without its last part is the stage's."""
    counts: dict[str, int] = {}
    for name, shape in parameter_shapes(config).items():
        stage = name.rpartition(".")[0]
        counts[stage] = counts.get(stage, 0) + math.prod(shape)
    return counts


class Cost(NamedTuple):
    parameters: int
    forward_flops: int  # per image
    step_flops: int  # forward and backward of a batch
    memory: dict[str, int]  # bytes of a training step, by what they are for


def cost(config: ViTConfig, *, batch: int, bytes_each: int = 4) -> Cost:
    """The totals; memory for numbers of `bytes_each` bytes (4: float32) and Adam.

    Beside the memory that is counted a step needs its temporaries, which live shortly.
    """
    rows = stages(config)
    parameters = sum(row.parameters * row.times for row in rows)
    forward = sum(row.flops * row.times for row in rows)
    kept = sum(row.kept * row.times for row in rows)
    memory = {
        "parameters": parameters * bytes_each,
        "gradients": parameters * bytes_each,
        "moments": parameters * bytes_each * MOMENTS,
        "activations": kept * bytes_each * batch,
    }
    return Cost(parameters, forward, forward * BACKWARD_AND_FORWARD * batch, memory)

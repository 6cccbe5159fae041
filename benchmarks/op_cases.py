"""The ops at the sizes that the models have: inputs, work and traffic of each.

FLOPs of an op with matrix products are those of the products alone; those of the others are counted
from the formulas, an exp, an erf or a root as one. Bytes are the least there can be: forward reads
its inputs and writes y; backward reads dy and the inputs and writes their gradients. An op takes at
least FLOPs / ceiling and at least bytes / bandwidth, the later of both.
"""

from typing import NamedTuple

import numpy as np

from minivit import ops

AGREE = 1e-3  # by so much, relatively, may two sides differ


class OpCase(NamedTuple):
    op: str  # as in minivit.ops, without _forward
    shapes: tuple[tuple[int, ...], ...]  # of its array inputs
    out: tuple[int, ...]  # of y
    flops: int  # of the forward
    backward_flops: int
    options: dict = {}  # noqa: RUF012 (a NamedTuple's default, never written)
    torch_tolerance: float = AGREE  # relative; our own sides are always held to AGREE
    unread: int = 0  # how many numbers of its inputs the op never looks at

    @property
    def name(self) -> str:
        return f"{self.op} {'x'.join(map(str, self.shapes[0]))}"

    def inputs(self) -> list[np.ndarray]:
        """Random arrays; matrices small enough that nothing grows."""
        rng = np.random.default_rng(0)
        arrays = [rng.standard_normal(shape, np.float32) for shape in self.shapes]
        return [a / np.float32(len(a) ** 0.5) if a.ndim == 2 and i else a
                for i, a in enumerate(arrays)]  # fmt: skip

    def dy(self) -> np.ndarray:
        return np.random.default_rng(1).standard_normal(self.out, np.float32)

    def numbers(self, direction: str) -> int:
        """How many numbers must be read or written."""
        y, given = int(np.prod(self.out)), sum(int(np.prod(shape)) for shape in self.shapes)
        return (given + y if direction == "forward" else y + 2 * given) - self.unread


# (B, T, D, H) of four models, and of the same their (B, image side, P, channels) and (B, C).
MODELS = ((128, 50, 64, 4), (64, 65, 192, 3), (8, 197, 384, 6), (4, 197, 768, 12))
PIXELS = ((128, 28, 4, 1), (64, 32, 4, 3), (8, 224, 16, 3), (4, 224, 16, 3))
LOGITS = ((128, 10), (64, 10), (8, 1000), (4, 1000))
SOFTMAX = ((25600, 50), (12480, 65), (4728, 197))
HEADS = ((64, 4, 17, 16), (128, 4, 50, 16), (64, 3, 65, 64), (8, 3, 197, 64))  # (B, H, T, K)
PARAMETERS = (300_000, 4_000_000, 22_000_000, 86_000_000)


def op_cases(tiny: bool = False) -> list[OpCase]:
    """Every op at every size."""
    if tiny:
        sizes = ((2, 5, 8, 2),), ((2, 4, 2, 1),), ((3, 5),), ((2, 2, 5, 4),), ((2, 3),), (100,)
    else:
        sizes = MODELS, PIXELS, SOFTMAX, HEADS, LOGITS, PARAMETERS
    models, pixels, softmax, heads, logits, parameters = sizes
    return [
        *(patchify(*size) for size in pixels),
        *(embed(*size, D) for size, (_, _, D, _) in zip(pixels, models, strict=True)),
        *(linear(B * T, D, 3 * D) for B, T, D, _ in models),
        *(layernorm(B * T, D) for B, T, D, _ in models),
        *(OpCase("softmax", ((R, T),), (R, T), 5 * R * T, 4 * R * T) for R, T in softmax),
        *(attention(*size) for size in heads),
        *(multihead_attention(*size) for size in models),
        *(attention_branch(*size) for size in models),
        *(gelu(B * T, 4 * D) for B, T, D, _ in models),
        *(mlp(B * T, D, 4 * D) for B, T, D, _ in models),
        *(mlp_branch(B, T, D, 4 * D) for B, T, D, _ in models),
        *(head(B, T, D, C) for (B, T, D, _), (_, C) in zip(models, logits, strict=True)),
        *(cross_entropy(*size) for size in logits),
        *(OpCase("adam", ((n,),) * 4, (3 * n,), 15 * n, 0) for n in parameters),
        *(global_norm(n) for n in parameters),
    ]


def global_norm(n) -> OpCase:
    # PyTorch adds up in float32: of 86 million squares it loses one in a hundred.
    return OpCase("global_norm", ((n,),), (1,), 2 * n, 0, torch_tolerance=2e-2)


def with_products(op, shapes, out, options=None, *, unread=0) -> OpCase:
    """An op whose work is matrix products: the backward has two for each of the forward's."""
    options, arrays = options or {}, (np.broadcast_to(np.float32(0), shape) for shape in shapes)
    flops = shapes[0][0] * getattr(ops, f"{op}_flops")(*arrays, **options)
    return OpCase(op, shapes, out, flops, 2 * flops, options, unread=unread)


def patchify(B, side, P, channels) -> OpCase:
    image, patches = (B, side, side, channels), (B, (side // P) ** 2, P * P * channels)
    return OpCase("patchify", (image,), patches, 0, 0, {"patch": (P, P)})


def embed(B, side, P, channels, D) -> OpCase:
    N, pixels = (side // P) ** 2, P * P * channels
    shapes = ((B, N, pixels), (pixels, D), (D,), (D,), (N + 1, D))
    return with_products("embed", shapes, (B, N + 1, D))


def linear(R, D, M) -> OpCase:
    return with_products("linear", ((R, D), (D, M), (M,)), (R, M))


def layernorm(R, D) -> OpCase:
    return OpCase("layernorm", ((R, D), (D,), (D,)), (R, D), 7 * R * D, 12 * R * D)


def attention(B, H, T, K) -> OpCase:
    return with_products("attention", ((B, H, T, K),) * 3, (B, H, T, K))


def multihead_attention(B, T, D, H) -> OpCase:
    shapes = (B, T, D), (D, 3 * D), (3 * D,), (D, D), (D,)
    return with_products("multihead_attention", shapes, (B, T, D), {"heads": H})


def attention_branch(B, T, D, H) -> OpCase:
    shapes = (B, T, D), (D,), (D,), (D, 3 * D), (3 * D,), (D, D), (D,)
    return with_products("attention_branch", shapes, (B, T, D), {"heads": H})


def gelu(R, M) -> OpCase:
    return OpCase("gelu", ((R, M),), (R, M), 5 * R * M, 9 * R * M, {"form": "erf"})


def mlp(R, D, M) -> OpCase:
    shapes = (R, D), (D, M), (M,), (M, D), (D,)
    return with_products("mlp", shapes, (R, D), {"gelu": "erf"})


def mlp_branch(B, T, D, M) -> OpCase:
    shapes = (B, T, D), (D,), (D,), (D, M), (M,), (M, D), (D,)
    return with_products("mlp_branch", shapes, (B, T, D), {"gelu": "erf"})


def head(B, T, D, C) -> OpCase:
    shapes, unread = ((B, T, D), (D, C), (C,)), B * (T - 1) * D
    return with_products("head", shapes, (B, C), {"pool": "cls"}, unread=unread)


def cross_entropy(B, C) -> OpCase:
    labels = np.arange(B) % C
    return OpCase("cross_entropy", ((B, C),), (), 6 * B * C, 2 * B * C, {"labels": labels})

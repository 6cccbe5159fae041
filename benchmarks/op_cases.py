"""The ops at the sizes that the models have: inputs, work and traffic of each.

FLOPs of an op with matrix products are those of the products alone; those of the others are counted
from the formulas, an exp, an erf or a root as one. Bytes are the least there can be: forward reads
its inputs and writes y; backward reads dy and the inputs and writes their gradients. An op takes at
least FLOPs / ceiling and at least bytes / bandwidth: the longer of the two.
"""

from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.checking import map_calls
from minivit.checking.calls import OPS, calls
from minivit.checking.sizes import Call, Sizes

AGREE = 1e-3  # the relative difference that two sides may have


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
        """Random arrays; the values of matrices are so small that products don't grow."""
        rng = np.random.default_rng(0)
        arrays = [rng.standard_normal(shape, np.float32) for shape in self.shapes]
        return [a / np.float32(a[..., 0].size ** 0.5) if a.ndim in (2, 4) and i else a
                for i, a in enumerate(arrays)]  # fmt: skip

    def dy(self) -> np.ndarray:
        return np.random.default_rng(1).standard_normal(self.out, np.float32)

    def numbers(self, direction: str) -> int:
        """How many numbers must be read or written."""
        y, given = int(np.prod(self.out)), sum(int(np.prod(shape)) for shape in self.shapes)
        return (given + y if direction == "forward" else y + 2 * given) - self.unread


MODELS = (
    Sizes(B=64, T=17, H=4, K=16, M=256, C=10, P=2, grid=(4, 4), channels=1),  # digits-bench
    Sizes(B=128, T=50, H=4, K=16, M=256, C=10, P=4, grid=(7, 7), channels=1),  # fashion
    Sizes(B=64, T=65, H=3, K=64, M=768, C=10, P=4, grid=(8, 8), channels=3),  # cifar
    Sizes(B=8, T=197, H=6, K=64, M=1536, C=1000, P=16, grid=(14, 14), channels=3),  # S/16
    Sizes(B=4, T=197, H=12, K=64, M=3072, C=1000, P=16, grid=(14, 14), channels=3),  # B/16
)
MAPS = tuple(  # of a ResNet, for images of 32 pixels
    Sizes(B=batch, T=1, H=32, K=width // 32, M=width, C=10, P=1, grid=(side, side), channels=3)
    for batch, side in ((16, 32), (32, 16))
    for width in (64, 128, 256)
)
TINY = (Sizes(B=2, T=5, H=2, K=4, M=9, C=3, P=2, grid=(2, 2), channels=1),)
PARAMETERS = (300_000, 4_000_000, 22_000_000, 86_000_000)
# The optimisers' steps are so small that the same one can be timed again and again.
STEP = {"learning_rate": 1e-6, "weight_decay": 0.05}

# FLOPs per number of the first input, forward and backward, of the ops without products.
ELEMENTWISE = {
    "patchify": (0, 0),
    "positions": (1, 1),
    "positions_2d": (1, 1),
    "sincos_positions": (1, 0),
    "dropout": (1, 1),
    "stochastic_depth": (1, 1),
    "layernorm": (7, 12),
    "softmax": (5, 4),
    "gelu": (5, 9),
    "cross_entropy": (6, 2),
    "max_pool": (2, 1),  # a comparison for each number that a window of 3x3 with stride 2 sees
    "weight_standardisation": (5, 7),
    "groupnorm": (7, 12),
    "batchnorm": (7, 12),
    "relu": (1, 1),
}


def op_cases(tiny: bool = False) -> list[OpCase]:
    """Every op as it is plainly called, at the sizes of every model; then the optimisers'."""
    cases = [op_case(op, sizes) for op in OPS for sizes in (TINY if tiny else sizes_of(op))]
    counts = (100,) if tiny else PARAMETERS
    cases += [adam(n) for n in counts] + [sgd(n) for n in counts]
    cases += [muon(sizes.D) for sizes in (TINY if tiny else MODELS)]
    return cases + [global_norm(n) for n in counts]


def sizes_of(op: str) -> tuple[Sizes, ...]:
    """Where an op is timed: convolution on all maps, the others on the largest and the deepest."""
    if not hasattr(map_calls, op):
        return MODELS
    return MAPS if op == "convolution" else (MAPS[0], MAPS[-1])


def op_case(op: str, sizes: Sizes) -> OpCase:
    """The plain way to call an op as a case: its work, and the shape of what it returns."""
    shapes, options = present(calls(op, sizes)[0]), calls(op, sizes)[0].options
    inputs = [np.broadcast_to(np.float32(0), shape) for shape in shapes]  # take no memory
    if not hasattr(ops, f"{op}_flops"):
        flops = [inputs[0].size * each for each in ELEMENTWISE.get(op, (0, 0))]
    else:  # the backward has two products for each of the forward's
        forward = sizes.B * getattr(ops, f"{op}_flops")(*inputs, **options)
        flops = [forward, 2 * forward]
    unread = inputs[0][:, 1:].size if op == "head" else 0  # all tokens but cls
    return OpCase(op, shapes, result_shape(op, sizes), *flops, options, unread=unread)


def present(call: Call) -> tuple[tuple[int, ...], ...]:
    """The shapes of the inputs that there are; those that are absent stand last."""
    return tuple(shape for shape in call.shapes if shape is not None)


def result_shape(op: str, sizes: Sizes) -> tuple[int, ...]:
    """The shape of y, from a run on one image."""
    one = calls(op, sizes._replace(B=1))[0]
    zeros = [np.zeros(shape, np.float32) for shape in present(one)]
    y, _ = getattr(ops, f"{op}_forward")(*zeros, **one.options)
    return (*calls(op, sizes)[0].shapes[0][:1], *y.shape[1:]) if y.ndim else ()


def adam(n: int) -> OpCase:
    options = STEP | {"step": 1, "decayed": n}
    return OpCase("adam", ((n,),) * 4, (3 * n,), 15 * n, 0, options)


def sgd(n: int) -> OpCase:
    options = STEP | {"momentum": 0.9, "decayed": n}
    return OpCase("sgd", ((n,),) * 3, (2 * n,), 6 * n, 0, options)


def muon(D: int) -> OpCase:
    """Of w_qkv (D, 3D): for each of three matrices 5 rounds of s = x x^T, s s and (b s + ...) x."""
    options = STEP | {"momentum": 0.95, "matrices": 3}
    return OpCase("muon", ((D, 3 * D),) * 3, (6 * D * D,), 3 * 5 * 3 * 2 * D**3, 0, options)


def global_norm(n: int) -> OpCase:
    # PyTorch adds up in float32: of 86 million squares it loses one hundredth.
    return OpCase("global_norm", ((n,),), (1,), 2 * n, 0, torch_tolerance=2e-2)

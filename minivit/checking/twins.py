"""Do the kernels of this machine compute what the ops define?

Each op runs forward and backward on both backends, on the same random numbers, at sizes that no
tile divides. The difference is relative to the largest value, since rounding errors are.
"""

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import NamedTuple

import numpy as np

from minivit import ops

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}
B, T, D, H, M, C, P = 3, 37, 54, 3, 83, 10, 4
SIZE = 1000  # of the optimiser's vectors

# Shapes of the array inputs, and the options.
CASES: dict[str, tuple[tuple, Mapping]] = {
    "patchify": (((B, 3 * P, 2 * P, 3),), {"patch": P}),
    "embed": (((B, T - 1, D), (D, D), (D,), (D,), (T, D)), {}),
    "layernorm": (((B, T, D), (D,), (D,)), {}),
    "linear": (((B, T, D), (D, M), (M,)), {}),
    "softmax": (((B, T, T),), {}),
    "attention": (((B, H, T, D // H),) * 3, {}),
    "multihead_attention": (
        ((B, T, D), (D, 3 * D), (3 * D,), (D, D), (D,), (B, T, D)), {"heads": H}),
    "gelu": (((B, T, M),), {"form": "erf"}),
    "mlp": (((B, T, D), (D, M), (M,), (M, D), (D,), (B, T, D)), {"gelu": "erf"}),
    "head": (((B, T, D), (D, C), (C,)), {}),
    "cross_entropy": (((B, C),), {"labels": np.arange(B)}),
}  # fmt: skip


class Twin(NamedTuple):
    """How far an op and its kernel are apart."""

    op: str
    dtype: str
    difference: float  # of the worst output or gradient

    @property
    def ok(self) -> bool:
        return self.difference <= TOLERANCE[self.dtype]  # NaN is not


def compare(kernels: ModuleType, dtype: str, seed: int = 0) -> list[Twin]:
    """Every op of `minivit.ops` beside its twin in `kernels`."""
    rows = [
        Twin(op, dtype, difference(_both_ways(ops, op, dtype, seed),
                                   _both_ways(kernels, op, dtype, seed)))
        for op in CASES
    ]  # fmt: skip
    sides = [_layernorm_again(module, dtype, seed) for module in (ops, kernels)]
    rows.append(Twin("layernorm_again", dtype, difference(*sides)))
    sides = [_optimiser(module, dtype, seed) for module in (ops, kernels)]
    return [*rows, Twin("adam_step, global_norm", dtype, difference(*sides))]


def difference(expected: list, found: list) -> float:
    """The largest of all, relative to the largest value of each array."""
    worst = 0.0
    for right, given in zip(expected, found, strict=True):
        if right.shape != given.shape or right.dtype != given.dtype:
            return float("nan")
        scale = float(np.abs(right).max()) or 1.0
        worst = np.maximum(worst, np.abs(right - given).max() / scale)  # keeps NaN
    return float(worst)


def _both_ways(module: ModuleType, op: str, dtype: str, seed: int) -> list[np.ndarray]:
    """y and all gradients."""
    shapes, options = CASES[op]
    draw = _drawing(dtype, seed)
    forward: Callable = getattr(module, f"{op}_forward")
    y, cache = forward(*(draw(shape) for shape in shapes), **options)
    gradients = getattr(module, f"{op}_backward")(draw(np.shape(y)), cache)
    return [np.asarray(y), *(gradients if isinstance(gradients, tuple) else (gradients,))]


def _layernorm_again(module: ModuleType, dtype: str, seed: int) -> list[np.ndarray]:
    x, gamma, beta = map(_drawing(dtype, seed), CASES["layernorm"][0])
    return [module.layernorm_again(module.layernorm_forward(x, gamma, beta)[1], beta)]


def _optimiser(module: ModuleType, dtype: str, seed: int) -> list[np.ndarray]:
    draw = _drawing(dtype, seed)
    p, g, m, v = (draw((SIZE,)) for _ in range(4))
    v *= v
    module.adam_step(p, g, m, v, step=3, learning_rate=1e-2, weight_decay=0.1, decayed=SIZE // 3)
    return [p, m, v, np.asarray(module.global_norm(g))]


def _drawing(dtype: str, seed: int) -> Callable:
    rng = np.random.default_rng(seed)
    return lambda shape: np.asarray(rng.standard_normal(shape)).astype(dtype)

"""Do the kernels of this machine compute what the ops define?

Each op runs forward and backward on both backends, on the same random numbers, at sizes that no
tile divides. The difference is relative to the largest value, since rounding errors are.
"""

from collections.abc import Callable
from types import ModuleType
from typing import NamedTuple

import numpy as np

from minivit import ops
from minivit.checking.calls import OPS, Call, Sizes, calls
from minivit.checking.law import dy_stream

TOLERANCE = {"float32": 1e-4, "float64": 1e-10}
SIZES = Sizes(B=3, T=67, H=3, K=18, M=83, C=10, P=4, grid=(4, 9), channels=3)
# Branches go other ways with more images, and one more with few tokens (kernels/by_rows/choice.py).
MORE = {
    "attention_branch": [SIZES._replace(B=8, K=4), SIZES._replace(B=32, T=5, H=4, K=4)],
}
SIZE, MATRIX = 1000, (18, 54)  # of the optimisers' vectors, and of a matrix like w_qkv


class Twin(NamedTuple):
    """How far an op and its kernel are apart."""

    op: str
    dtype: str
    difference: float  # of the worst output or gradient, of all ways to call it

    @property
    def ok(self) -> bool:
        return self.difference <= TOLERANCE[self.dtype]  # NaN is not


def compare(kernels: ModuleType, dtype: str, seed: int = 0) -> list[Twin]:
    """Every op of `minivit.ops` beside its twin in `kernels`."""
    rows = [Twin(op, dtype, difference_of(kernels, op, dtype, seed)) for op in OPS]
    expected, found = (of_optimisers(module, dtype, seed) for module in (ops, kernels))
    return rows + [Twin(op, dtype, difference(expected[op], found[op])) for op in expected]


def difference_of(kernels: ModuleType, op: str, dtype: str, seed: int) -> float:
    """The worst of all ways to call an op."""
    worst = 0.0
    for call in [call for sizes in (SIZES, *MORE.get(op, ())) for call in calls(op, sizes)]:
        inputs = call.draw(np.random.default_rng(seed), dtype)
        sides = [both_ways(module, call, inputs, seed=seed) for module in (ops, kernels)]
        worst = np.maximum(worst, difference(*sides))  # keeps NaN
    return float(worst)


def difference(expected: list, found: list) -> float:
    """The largest of all arrays, each relative to its largest value; NaN where two don't match."""
    worst = 0.0
    for right, given in zip(expected, found, strict=True):
        if right is None or given is None:
            if right is not given:
                return float("nan")
            continue
        if right.shape != given.shape or right.dtype != given.dtype:
            return float("nan")
        scale = float(np.abs(right).max()) or 1.0
        worst = np.maximum(worst, np.abs(right - given).max() / scale)  # keeps NaN
    return float(worst)


def both_ways(module: ModuleType, call: Call, inputs, dy=None, seed: int = 0) -> list:
    """[y, gradient of each input ...]; a dy that is not given is drawn in y's dtype."""
    y, cache = getattr(module, f"{call.op}_forward")(*inputs, **call.options)
    if dy is None:
        dy = np.asarray(dy_stream(seed).standard_normal(np.shape(y)), y.dtype)
    gradients = getattr(module, f"{call.op}_backward")(dy, cache)
    return [np.asarray(y), *(gradients if isinstance(gradients, tuple) else (gradients,))]


def of_optimisers(module: ModuleType, dtype: str, seed: int) -> dict[str, list[np.ndarray]]:
    """What the ops without a backward make, by name: a step of each optimiser, and the norm."""
    draw = _drawing(dtype, seed)
    p, g, m, v = (draw((SIZE,)) for _ in range(4))
    v *= v
    found = {"global_norm": [np.asarray(module.global_norm(g))]}
    module.adam_step(p, g, m, v, step=3, learning_rate=1e-2, weight_decay=0.1, decayed=SIZE // 3)
    found["adam_step"] = [p, m, v]
    p, v = draw((SIZE,)), draw((SIZE,))
    module.sgd_step(p, g, v, learning_rate=1e-2, momentum=0.9, nesterov=True, weight_decay=0.1,
                    decayed=SIZE // 3)  # fmt: skip
    found["sgd_step"] = [p, v]
    p, g, v = (draw(MATRIX) for _ in range(3))
    module.muon_step(p, g, v, learning_rate=1e-2, weight_decay=0.1, matrices=3)
    return found | {"muon_step": [p, v]}


def _drawing(dtype: str, seed: int) -> Callable:
    rng = np.random.default_rng(seed)
    return lambda shape: np.asarray(rng.standard_normal(shape)).astype(dtype)

"""bf16 of which only a part is rounded: what each rounding contributes, for `precision`.

The seam is the product that minivit.ops.product defines: NumPy's ops take it, and the one of
attention, by name. For a while they take others in its place, which round less.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from unittest import mock

import numpy as np

from minivit import backend
from minivit.ops import product as defined
from minivit.ops.product import LONG, rounded

FORWARD, DX, DW = "x w", "dy w^T", "x^T dy"  # the products of a linear map, as in products.py
ATTENTION = "attention"
# Which operands of which products are rounded: the first (a), the second (b) or both.
PARTS = {
    "products x w": {FORWARD: "ab"},
    "products dy w^T (dx)": {DX: "ab"},
    "products x^T dy (dw)": {DW: "ab"},
    "attention's products": {ATTENTION: "ab"},
    "weights w": {FORWARD: "b", DX: "b"},
    "activations x": {FORWARD: "a", DW: "a"},
    "gradients dy": {DX: "a", DW: "b"},
}


@contextlib.contextmanager
def rounding_only(part: Mapping[str, str]) -> Iterator[None]:
    """NumPy's ops, in float32 but for what this part rounds."""

    def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return multiplied(a, b, part.get(form(a, b), ""))

    def attention_product(tokens: int, offsets: np.ndarray | None) -> Callable:
        rounds = part.get(ATTENTION, "") if tokens >= LONG and offsets is None else ""
        return lambda a, b: multiplied(a, b, rounds)

    with contextlib.ExitStack() as stack:
        stack.enter_context(backend.use("numpy"))
        for other in (product, attention_product):
            for module in takers(other.__name__):
                stack.enter_context(mock.patch.object(module, other.__name__, other))
        yield


def takers(name: str) -> list[ModuleType]:
    """The ops' modules that took the product of this name."""
    original = getattr(defined, name)
    return [
        module
        for place, module in list(sys.modules.items())
        if place.startswith("minivit.ops.")
        and module is not defined
        and vars(module).get(name) is original
    ]


def form(a: np.ndarray, b: np.ndarray) -> str:
    """Which product of a linear map this is: the operand that is seen transposed tells."""
    if is_transposed(a):
        return DW
    return DX if is_transposed(b) else FORWARD


def is_transposed(matrix: np.ndarray) -> bool:
    return matrix.strides[-2] < matrix.strides[-1]


def multiplied(a: np.ndarray, b: np.ndarray, rounds: str) -> np.ndarray:
    return (rounded(a) if "a" in rounds else a) @ (rounded(b) if "b" in rounds else b)

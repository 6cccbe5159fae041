"""The matrix products of a ViT in their three forms: the kernels against NumPy's BLAS.

x w goes forward; dy w^T and x^T dy go backward. In attention the same forms are q k^T, probs v
and dscores^T q, for every head of every image.
"""

import math
from typing import NamedTuple

import numpy as np

from .agreement import assert_agreement, sample
from .ceiling import CeilingTurns, ceiling_turns
from .options import Options, need_kernels, progress
from .rows import NOTE, mean_row, means_text, row, show
from .shares import settled
from .sides import Worker
from .timing import alternate, time_calls

# M tokens of a batch, N columns, K deep.
SHAPES = (
    (1088, 192, 64), (1088, 256, 64), (1088, 64, 256),  # digits-bench
    (6400, 192, 64), (6400, 256, 64), (6400, 64, 256),  # fashion
    (4160, 576, 192), (4160, 768, 192), (4160, 192, 768),  # cifar
    (1576, 576, 192), (1576, 768, 192),  # Ti/16
    (1576, 1536, 384), (1576, 384, 1536),  # S/16
    (788, 2304, 768), (788, 3072, 768), (788, 768, 3072),  # B/16
)  # fmt: skip
# B x H heads, of T x T scores, K columns each.
HEADS = ((256, 17, 16), (512, 50, 16), (192, 65, 64), (24, 197, 64))
COLUMNS = {
    "product": "case", "form": "form", "numba": "ours", "numpy": "theirs", "unit": "unit",
    "ratio": "ratio", "of ceiling %": "share_of_ceiling", "numpy %": "their_share",
}  # fmt: skip


class Product(NamedTuple):
    name: str
    form: str
    a: tuple[int, ...]  # shapes as they lie in memory
    b: tuple[int, ...]
    transposed: str  # "", "a" or "b": which of them is transposed
    flops: int

    @property
    def bytes(self) -> int:
        """The size of operands and result, in float32."""
        *stack, rows, inner = self.a
        if self.transposed == "a":
            rows, inner = inner, rows
        columns = self.b[-2 if self.transposed == "b" else -1]
        return 4 * math.prod(stack) * (rows * inner + inner * columns + rows * columns)

    def operands(self) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.default_rng(0)
        a, b = (rng.standard_normal(shape, np.float32) for shape in (self.a, self.b))
        if self.transposed == "a":
            a = np.swapaxes(a, -1, -2)
        return a, np.swapaxes(b, -1, -2) if self.transposed == "b" else b


def products(tiny: bool = False) -> list[Product]:
    """All shapes in all forms."""
    found = []
    for M, N, K in ((9, 5, 7),) if tiny else SHAPES:
        name, flops = f"{M}x{N}x{K}", 2 * M * N * K
        found.append(Product(name, "x w", (M, K), (K, N), "", flops))
        found.append(Product(name, "dy w^T", (M, N), (K, N), "b", flops))
        found.append(Product(name, "x^T dy", (M, K), (M, N), "a", flops))
    for heads, T, K in ((3, 5, 2),) if tiny else HEADS:
        name, flops, scores, columns = (
            f"{heads} of {T}x{T}x{K}",
            2 * heads * T * T * K,
            (T, T),
            (T, K),
        )
        found.append(Product(name, "q k^T", (heads, *columns), (heads, *columns), "b", flops))
        found.append(Product(name, "probs v", (heads, *scores), (heads, *columns), "", flops))
        found.append(Product(name, "ds^T q", (heads, *scores), (heads, *columns), "a", flops))
    return found


class ProductSide:
    """One side's matmul, on one product at a time. Both allocate their results."""

    def __init__(self, side: str, precision: str = "float32"):
        if side == "numba":
            from minivit.backend import use
            from minivit.kernels.product.matmul import matmul

            use("numba", precision=precision)
        else:
            from numpy import matmul
        self.matmul = matmul

    def outputs(self, product: Product) -> dict[str, np.ndarray]:
        """Make the operands ready for `time`, and return a sample of the result."""
        self.a, self.b = product.operands()
        return {f"{product.name} {product.form}": sample(self.matmul(self.a, self.b))}

    def time(self, count: int) -> list[float]:
        return time_calls(lambda: self.matmul(self.a, self.b), count)


def measure(options: Options) -> list[dict]:
    """A row for each shape and form, then their geometric mean."""
    need_kernels()
    with (
        ceiling_turns(options, "float32") as ceiling,
        Worker(ProductSide, "numba", threads=options.threads) as numba,
        Worker(ProductSide, "numpy", threads=options.threads) as blas,
    ):
        workers = {"numba": numba, "numpy": blas}
        rows = settled(
            products(options.tiny),
            lambda product: timed(product, workers, options),
            lambda product, seconds: [product_row(product, seconds, ceiling)],
            ceiling,
        )
    mean = mean_row("products", "all products", rows)
    return [*rows, mean]


def timed(product: Product, workers: dict[str, Worker], options: Options) -> dict[str, float]:
    """The median seconds of each side, which must agree."""
    progress(f"products: {product.name} {product.form}")
    assert_agreement({s: w.ask("outputs", product) for s, w in workers.items()}, 1e-4)
    timers = {side: worker.timer("time") for side, worker in workers.items()}
    return alternate(timers, options, usual=2)


def product_row(product: Product, seconds: dict[str, float], ceiling: CeilingTurns) -> dict:
    ours, theirs = (product.flops / seconds[side] / 1e9 for side in ("numba", "numpy"))
    return row(
        "products", product.name, "numba", ours, "GFLOP/s", "numpy", theirs,
        form=product.form, flops=product.flops, share_of_ceiling=ceiling.share(ours),
        their_share=ceiling.share(theirs),
    )  # fmt: skip


def report(rows: list[dict]) -> str:
    """The table, the geometric mean and the worst."""
    return f"{show(rows[:-1], COLUMNS)}\n\n{means_text(rows)}\n{NOTE}"

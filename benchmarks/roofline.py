"""The roofline of this machine, with every kernel on it: a picture.

An op that does few FLOPs for each byte waits for the memory, one that does many for the
arithmetic: its speed is at most min(ceiling, FLOPs per byte x bandwidth) (Williams, Waterman and
Patterson 2009). What stays in the caches from call to call can lie above the slope.
"""

from minivit.machine import cpu_name

from .ceiling import measured_ceiling
from .op_cases import op_cases
from .ops import time_ops
from .options import Options, need_kernels, need_matplotlib, progress
from .products import ProductSide, products
from .rows import row, show
from .sides import Worker
from .timing import alternate

FORWARD_FORMS = ("x w", "q k^T", "probs v")
COLUMNS = {
    "kernel": "case", "direction": "direction", "FLOPs/byte": "intensity", "GFLOP/s": "gflops",
    "GB/s": "gbytes", "of roof %": "share_of_roof",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """Measure the roof and everything under it, and draw the picture."""
    need_matplotlib("The roofline")
    need_kernels()
    from .figures import draw_roofline

    ceiling = measured_ceiling(options)
    cases = [case for case in op_cases(options.tiny) if case.flops]
    rows = time_ops(cases, ["numba"], options, ceiling)
    rows = [{**r, "kind": r["op"]} for r in rows] + product_rows(options, ceiling)
    for found in rows:
        found["benchmark"], found["intensity"] = "roofline", found["flops"] / found["bytes"]
    threads = f"{options.threads} thread{'s' * (options.threads > 1)}"
    title = f"Every kernel under the roof of this machine: {cpu_name()}, {threads}, float32"
    draw_roofline(rows, ceiling, title, options.out / "roofline.png")
    return rows


def report(rows: list[dict]) -> str:
    return (
        f"{show(rows, COLUMNS)}\n\nThe picture: roofline.png in ./out, or the --out that was given."
    )


def product_rows(options: Options, ceiling) -> list[dict]:
    """The kernels' matmul on all shapes; the forms of a forward pass are marked so."""
    rows = []
    with Worker(ProductSide, "numba", threads=options.threads) as worker:
        for product in products(options.tiny):
            progress(f"roofline: {product.name} {product.form}")
            worker.ask("outputs", product)
            seconds = alternate({"numba": worker.timer("time")}, options, usual=1)["numba"]
            least = max(product.flops / ceiling.gflops, product.bytes / ceiling.gbytes) / 1e9
            rows.append(
                row(
                    "roofline", f"{product.name} {product.form}", "numba", seconds * 1e3, "ms",
                    kind="matrix product", flops=product.flops, bytes=product.bytes,
                    direction="forward" if product.form in FORWARD_FORMS else "backward",
                    gflops=product.flops / seconds / 1e9, gbytes=product.bytes / seconds / 1e9,
                    share_of_roof=least / seconds,
                )
            )  # fmt: skip
    return rows

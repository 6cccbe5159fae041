"""The roofline of this machine, with every kernel on it: a picture.

An op that does few FLOPs for each byte waits for the memory, one that does many for the
arithmetic: its speed is at most min(ceiling, FLOPs per byte x bandwidth) (Williams, Waterman and
Patterson 2009). What stays in the caches from call to call can lie above the slope. With
`--precision bf16` there is a second roof, that of the processor's instruction for it, and what has
products once more under it; in memory all numbers stay float32, so it stands no further right.
"""

from minivit.machine import cpu_name

from .ceiling import CeilingTurns, ceiling_turns
from .op_cases import op_cases
from .ops import add_roof, time_ops
from .options import Options, need_kernels, need_matplotlib, need_precision, progress
from .products import ProductSide, products
from .rows import row, show
from .sides import Worker
from .timing import alternate

# The ops that bf16 changes: it rounds the operands of their products.
WITH_PRODUCTS = (
    "linear", "embed", "head", "mlp", "mlp_branch", "attention", "multihead_attention",
    "attention_branch",
)  # fmt: skip
FORWARD_FORMS = ("x w", "q k^T", "probs v")
COLUMNS = {
    "kernel": "case", "direction": "direction", "precision": "precision",
    "FLOPs/byte": "intensity", "GFLOP/s": "gflops", "GB/s": "gbytes", "of roof %": "share_of_roof",
}  # fmt: skip


def measure(options: Options) -> list[dict]:
    """Measure the roof and everything under it, and draw the picture."""
    need_matplotlib("The roofline")
    need_kernels()
    from .figures import draw_roofline

    need_precision("numba", options)
    precisions = ("float32", "bf16") if options.precision == "bf16" else ("float32",)
    with ceiling_turns(options, *precisions, "memory") as ceiling:
        found = {precision: timed(precision, options, ceiling) for precision in precisions}
    for precision, rows in found.items():
        add_roof(rows, ceiling, precision)
    rows = [row for some in found.values() for row in some]
    threads = f"{options.threads} thread{'s' * (options.threads > 1)}"
    title = f"Every kernel under the roof of this machine: {cpu_name()}, {threads}"
    words = {"float32": "float32", "bf16": "products also in bf16"}[options.precision]
    draw_roofline(rows, ceiling.best, f"{title}, {words}", options.out / "roofline.png")
    return rows


def timed(precision: str, options: Options, ceiling: CeilingTurns) -> list[dict]:
    """Every kernel, and all products, in one precision; in bf16 those that it changes."""
    cases = [case for case in op_cases(options.tiny) if case.flops]
    if precision == "bf16":
        cases = [case for case in cases if case.op in WITH_PRODUCTS]
    rows = [{**r, "kind": r["op"]} for r in time_ops(cases, ["numba"], options, ceiling, precision)]
    rows += product_rows(options, ceiling, precision)
    for found in rows:
        found |= {"benchmark": "roofline", "precision": precision}
        found["intensity"] = found["flops"] / found["bytes"]
    return rows


def report(rows: list[dict]) -> str:
    return (
        f"{show(rows, COLUMNS)}\n\nThe picture: roofline.png in ./out, or the --out that was given."
    )


def product_rows(options: Options, ceiling: CeilingTurns, precision: str) -> list[dict]:
    """The kernels' matmul on all shapes; the forms of a forward pass are marked so."""
    rows = []
    with Worker(ProductSide, "numba", precision, threads=options.threads) as worker:
        for product in products(options.tiny):
            progress(f"roofline: {product.name} {product.form}")
            ceiling.turn()
            worker.ask("outputs", product)
            seconds = alternate({"numba": worker.timer("time")}, options, usual=1)["numba"]
            rows.append(
                row(
                    "roofline", f"{product.name} {product.form}", "numba", seconds * 1e3, "ms",
                    kind="matrix product", flops=product.flops, bytes=product.bytes,
                    direction="forward" if product.form in FORWARD_FORMS else "backward",
                    gflops=product.flops / seconds / 1e9, gbytes=product.bytes / seconds / 1e9,
                )
            )  # fmt: skip
    return rows

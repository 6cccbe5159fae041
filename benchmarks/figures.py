"""The two drawings: how a step scales, and the roofline. Matplotlib without a display."""

from pathlib import Path

import matplotlib

matplotlib.use("agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import LogLocator

COLOURS = {
    "matrix product": "#1f4e79", "attention": "#c0504d", "multihead_attention": "#e08e45",
    "mlp": "#4f8f4f", "layernorm": "#7f5fa8", "softmax": "#d46a9f", "gelu": "#2fa5a5",
    "cross_entropy": "#8c8c3c", "adam": "#7a4b32", "sgd": "#a8785a", "muon": "#3f2a1d",
    "global_norm": "#666666",
    "embed": "#8fbf5f", "linear": "#6fa0d0", "head": "#c9a227",
    "attention_branch": "#f2b880", "mlp_branch": "#9fd49f", "positions": "#a8a8d8",
    "sincos_positions": "#4b4b90", "pool": "#d9b44a", "pre_logits": "#8a6d1d",
    "positions_2d": "#6b6bb0", "stochastic_depth": "#b0a090", "dropout": "#d0b0a8",
    "convolution": "#204020", "depthwise_convolution": "#608060", "max_pool": "#c08080",
    "weight_standardisation": "#5070a0", "groupnorm": "#9f7fc8", "batchnorm": "#c09fe8",
    "relu": "#40b0b0", "similarity": "#b03060",
}  # fmt: skip
MARKERS = {"float32": "o", "bf16": "^"}


def draw_scaling(rows: list[dict], axes: dict[str, str], path: Path) -> None:
    """Four panels: time per image against threads, batch, tokens and width."""
    figure, panels = plt.subplots(2, 2, figsize=(11, 8), layout="constrained")
    for panel, (axis, label) in zip(panels.flat, axes.items(), strict=True):
        points = [row for row in rows if row["axis"] == axis]
        if axis == "threads":
            draw_threads(panel, points)
        else:
            draw_curve(panel, axis, points)
        values = sorted({row["value"] for row in points})
        panel.set(xscale="log", yscale="log", xlabel=label, ylabel="ms per image")
        panel.set_xticks(values, [str(v) for v in values])
        panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        panel.yaxis.set_major_formatter("{x:g}")
        panel.minorticks_off()
        panel.grid(alpha=0.3)
        if axis == "threads":  # above its curves, which run side by side from edge to edge
            panel.set_ylim(top=8 * panel.get_ylim()[1])
            panel.legend(fontsize=8, ncols=2, loc="upper center")
        else:
            panel.legend(fontsize=8)
    figure.suptitle(f"A training step, {rows[0]['side']} backend: measured, and what theory gives")
    save(figure, path)


def draw_threads(panel, points: list[dict]) -> None:
    """A curve for every model, and below it the n-th part of one thread's time."""
    for model in dict.fromkeys(row["model"] for row in points):
        found = [row for row in points if row["model"] == model]
        threads = [row["value"] for row in found]
        label = f"{model}: {max(row['speedup'] for row in found):.2f} x"
        (line,) = panel.plot(threads, [row["ours"] for row in found], "o-", label=label)
        ideal = [found[0]["ours"] / n for n in threads]
        panel.plot(threads, ideal, "--", color=line.get_color())
    panel.plot([], [], "--", color="grey", label="one thread's time / n")


def draw_curve(panel, axis: str, points: list[dict]) -> None:
    """The measured points, and the asymptotes of this axis."""
    values = [row["value"] for row in points]
    panel.plot(values, [row["ours"] for row in points], "o-", color="black", label="measured")
    products = [1e3 * row["product_gflop"] / row["rate"] for row in points]
    attention = [1e3 * row["attention_gflop"] / row["rate"] for row in points]
    both = [sum(pair) for pair in zip(products, attention, strict=True)]
    at = "at the ceiling" if "least_ms" in points[0] else "at the best rate seen"
    if axis == "batch":
        panel.plot(values, both, "--", color="#1f4e79", label=f"all FLOPs {at}: constant")
    else:
        powers = {"tokens": ("T", "T²"), "width": ("D²", "D")}[axis]
        for power, term, colour, name in (
            (powers[0], products, "#1f4e79", "linear maps"),
            (powers[1], attention, "#c0504d", "attention"),
        ):
            panel.plot(values, term, "--", color=colour, label=f"{name} {at}: like {power}")


def draw_roofline(rows: list[dict], ceilings: dict[str, float], title: str, path: Path) -> None:
    """GFLOP/s over FLOPs per byte, both logarithmic, under the roof of memory and arithmetic.

    Filled: forward; hollow: backward. Discs: float32; triangles: bf16, under a dashed roof.
    """
    figure, panel = plt.subplots(figsize=(13, 7), layout="constrained")
    memory = ceilings["memory"]
    arithmetic = {kind: ceilings[kind] for kind in MARKERS if kind in ceilings}
    corner = max(arithmetic.values()) / memory
    intensities = [row["intensity"] for row in rows]
    left, right = min(*intensities, 0.1) / 1.5, max(*intensities, corner) * 1.5
    for kind, ceiling in arithmetic.items():
        xs = (left, ceiling / memory, right)
        roof = [min(ceiling, x * memory) for x in xs]
        line = "--" if kind == "bf16" else "-"
        panel.plot(xs, roof, line, color="black", linewidth=2, zorder=1)
        named = f" in {kind}" if len(arithmetic) > 1 else ""
        words = f"multiply-adds{named}: {ceiling:,.0f} GFLOP/s"
        panel.text(right, ceiling * 1.06, words, ha="right")
    panel.text(left, left * memory * 4, f" memory: {memory:.1f} GB/s")
    draw_kernels(panel, rows)
    panel.set(xscale="log", yscale="log", xlabel="FLOPs per byte that must be moved",
              ylabel="GFLOP/s", title=title)  # fmt: skip
    panel.grid(which="both", alpha=0.2)
    legend = "filled: forward\nhollow: backward" + "\ntriangles: bf16" * (len(arithmetic) > 1)
    figure.legend(title=legend, fontsize=8, loc="outside right upper")  # too long for the panel
    save(figure, path)


def draw_kernels(panel, rows: list[dict]) -> None:
    """A point for each kernel, size, direction and precision."""
    for kind, colour in COLOURS.items():
        for backward in (False, True):
            for precision, marker in MARKERS.items():
                chosen = [
                    r
                    for r in rows
                    if (r["kind"], r["precision"]) == (kind, precision)
                    and (r["direction"] == "backward") is backward
                ]
                panel.scatter(
                    [row["intensity"] for row in chosen], [row["gflops"] for row in chosen],
                    s=46, zorder=2, facecolors="none" if backward else colour, edgecolors=colour,
                    marker=marker, label=None if backward or precision == "bf16" else kind,
                )  # fmt: skip


def save(figure, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=150)
    plt.close(figure)

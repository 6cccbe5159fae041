"""Rows: what every benchmark returns, as plain values for --json and as a table for people."""

import math
from collections.abc import Mapping

from minivit.cli.tables import table

from .timing import geometric_mean

BETTER_HIGH = ("GFLOP/s", "GB/s", "images/s")
OURS = ("numba", "numpy")
NOTE = "ratio: above 1 ours is better (faster, or smaller)."


def row(
    benchmark: str, case: str, side: str, ours: float, unit: str,
    against: str | None = None, theirs: float | None = None, ratio: float | None = None, **more,
) -> dict:  # fmt: skip
    """One figure of ours beside theirs; a ratio above 1 means that ours is better.

    `ratio` is handed in where it is known better than from the two medians.
    """
    if ratio is None and theirs is not None:
        ratio = ours / theirs if unit in BETTER_HIGH else theirs / ours
    return {
        "benchmark": benchmark, "case": case, "side": side, "ours": ours, "against": against,
        "theirs": theirs, "ratio": ratio, "unit": unit, **more,
    }  # fmt: skip


def rows_of(benchmark: str, case: str, values: Mapping[str, float], unit: str) -> list[dict]:
    """A row for each side of ours: against PyTorch if it is there, else kernels against NumPy."""
    ours = [side for side in values if side in OURS]
    against = "torch" if "torch" in values else None
    if against is None and len(ours) == 2:
        ours, against = ["numba"], "numpy"
    theirs = values.get(against)
    return [row(benchmark, case, side, values[side], unit, against, theirs) for side in ours]


def mean_row(benchmark: str, case: str, rows: list[dict]) -> dict | None:
    """The geometric mean of the rows' ratios and the worst of them; None for less than two."""
    ratios = [r["ratio"] for r in rows if r["ratio"] is not None]
    if len(ratios) < 2:
        return None
    first, worst = rows[0], min(rows, key=lambda r: r["ratio"] or math.inf)
    what = worst.get("form") or worst.get("direction")  # where the case alone does not say it
    return {
        "benchmark": benchmark, "case": case, "side": first["side"], "ours": None,
        "against": first["against"], "theirs": None, "ratio": geometric_mean(ratios),
        "unit": "geometric mean", "worst": worst["ratio"],
        "worst_case": f"{worst['case']} {what}" if what else worst["case"],
    }  # fmt: skip


def show(rows: list[dict], columns: Mapping[str, str]) -> str:
    """A table with a column for each `heading: key`; texts to the left, numbers to the right.

    A heading that ends in % shows a share. Columns that are empty in all rows are left out.
    """
    kept = {h: k for h, k in columns.items() if any(r.get(k) is not None for r in rows)}
    align = "".join(
        "<" if any(isinstance(r.get(key), str) for r in rows) else ">" for key in kept.values()
    )
    lines = [[cell(r.get(key), heading) for heading, key in kept.items()] for r in rows]
    return table([list(kept), *lines], align)


def cell(value, heading: str) -> str:
    """A value as people read it: three figures of a small number, no decimals of a large one."""
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    if heading.endswith("%"):
        return f"{value:.0%}"
    if heading.startswith("ratio") or heading == "worst":
        return f"{value:.2f}"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def means_text(rows: list[dict]) -> str:
    """The rows of means as sentences below the table."""
    return "\n".join(
        f"{r['case']}, {r['side']} against {r['against']}: geometric mean {r['ratio']:.2f}, "
        f"worst {r['worst']:.2f} ({r['worst_case']})"
        for r in rows
        if r["unit"] == "geometric mean"
    )

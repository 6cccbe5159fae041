"""What a gradient check found: one row per tensor, and a verdict in words.

relative error = max|numeric - given| / (max|numeric| + max|given| + 1e-3)

The 1e-3 keeps a gradient that is exactly 0 (the key bias has one) from being judged by the
rounding errors of the differences.
"""

import math
from dataclasses import asdict, dataclass, field

import numpy as np

EXCELLENT, RIGHT = 1e-7, 1e-4
FLOOR = 1e-3


@dataclass(frozen=True)
class Row:
    """The check of one gradient. `note` says what is wrong with it."""

    tensor: str
    shape: tuple[int, ...] | None  # None where the input is None
    absolute_error: float
    relative_error: float
    verdict: str  # "excellent", "right" or "wrong"
    note: str = ""


@dataclass(repr=False)
class Report:
    """The rows, and in `problems` whole sentences on what breaks the law of an op.

    `.ok` is whether everything is right; a report counts as true where it is.
    """

    title: str
    rows: list[Row] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)  # what a reader should know: no faults

    @property
    def ok(self) -> bool:
        return not self.problems and all(row.verdict != "wrong" for row in self.rows)

    def __bool__(self) -> bool:
        return self.ok

    @property
    def worst(self) -> float:
        """The largest relative error."""
        return max((row.relative_error for row in self.rows), default=0.0)

    @property
    def verdict(self) -> str:
        """The worst verdict of all rows."""
        if not self.ok:
            return "wrong"
        return "right" if any(row.verdict == "right" for row in self.rows) else "excellent"

    def to_dict(self) -> dict:
        """Plain values for JSON; an error that is no number becomes None."""
        rows = [asdict(row) for row in self.rows]
        for row in rows:
            for key in ("absolute_error", "relative_error"):
                row[key] = row[key] if math.isfinite(row[key]) else None
        return {
            "title": self.title,
            "ok": self.ok,
            "verdict": self.verdict,
            "rows": rows,
            "problems": self.problems,
            "remarks": self.remarks,
        }

    def __repr__(self) -> str:
        """As it is printed: so that a notebook shows the table, too."""
        return str(self)

    def __str__(self) -> str:
        heads = ("tensor", "shape", "largest error", "relative", "verdict")
        cells = [
            (
                row.tensor,
                shape_text(row.shape),
                f"{row.absolute_error:.1e}",
                f"{row.relative_error:.1e}",
                f"{row.verdict}: {row.note}" if row.note else row.verdict,
            )
            for row in self.rows
        ]
        widths = [max(len(line[i]) for line in (heads, *cells)) for i in range(5)]
        lines = [self.title, *self.remarks]
        for tensor, shape, absolute, relative, verdict in (heads, *cells):
            lines.append(
                f"  {tensor:<{widths[0]}}  {shape:<{widths[1]}}  {absolute:>{widths[2]}}  "
                f"{relative:>{widths[3]}}  {verdict}"
            )
        return "\n".join([*lines, *(f"  wrong: {problem}" for problem in self.problems)])


def shape_text(shape: tuple[int, ...] | None) -> str:
    """(2, 3) -> "2x3", () -> "scalar", None -> "-"."""
    if shape is None:
        return "-"
    return "x".join(map(str, shape)) or "scalar"


def compare(numeric: np.ndarray, given: np.ndarray) -> tuple[float, float]:
    """(largest absolute error, relative error) of two arrays of one shape."""
    if not numeric.size:
        return 0.0, 0.0
    absolute = float(np.abs(numeric - given).max())
    size = float(np.abs(numeric).max() + np.abs(given).max())
    return absolute, absolute / (size + FLOOR) if math.isfinite(size) else math.nan


def judge(relative_error: float, tolerance: float = RIGHT) -> str:
    """A relative error in words."""
    if not relative_error <= tolerance:  # so that NaN is wrong
        return "wrong"
    return "excellent" if relative_error < EXCELLENT else "right"

"""What a gradient check found: one row per tensor, and a verdict in words.

relative error = max|numeric - given| / (max|numeric| + max|given|)

An op's gradient is judged element by element, each by its own size; a model's by the largest
element of a tensor. What may be rounding in the differences is left out: else a gradient that is
exactly 0 (the key bias has one) would be judged by rounding alone.
"""

import math
from dataclasses import asdict, dataclass, field

import numpy as np

from minivit.checking.diagnosis.named import Named, plain_values

EXCELLENT, RIGHT = 1e-7, 1e-4


@dataclass(frozen=True)
class Row:
    """The check of one gradient. `note` says what is wrong with it, `cause` the likely reason."""

    tensor: str
    shape: tuple[int, ...] | None  # None where the input is None
    absolute_error: float
    relative_error: float
    verdict: str  # "excellent", "right" or "wrong"
    note: str = ""
    cause: Named | None = None


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
        rows = [{**asdict(row), "cause": plain_values(row.cause)} for row in self.rows]
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
        """The printed table, so that a notebook shows it too."""
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
        lines += [f"  wrong: {problem}" for problem in self.problems]
        return "\n".join([*lines, *self.hints()])

    def hints(self) -> list[str]:
        """What each likely cause breaks, and where to look; once for all rows that have it."""
        tensors: dict[Named, list[str]] = {}
        for row in self.rows:
            if row.cause:
                tensors.setdefault(row.cause, []).append(row.tensor)
        lines = []
        for cause, names in tensors.items():
            lines += [
                f"  {', '.join(names)}: {cause.name}",
                f"    It breaks:  {cause.line}",
                f"    Hint:       {cause.hint}",
            ]
        return lines


def shape_text(shape: tuple[int, ...] | None) -> str:
    """(2, 3) -> "2x3", () -> "scalar", None -> "-"."""
    if shape is None:
        return "-"
    return "x".join(map(str, shape)) or "scalar"


def compare(numeric: np.ndarray, given: np.ndarray, rounding: float = 0.0) -> tuple[float, float]:
    """(largest absolute error, relative error) of two arrays of one shape.

    `rounding`: how far rounding alone may have put `numeric` off.
    """
    if not numeric.size:
        return 0.0, 0.0
    absolute = float(np.abs(numeric - given).max())
    size = float(np.abs(numeric).max() + np.abs(given).max())
    if not math.isfinite(size):
        return absolute, math.nan
    if absolute <= rounding:
        return absolute, absolute / (size + rounding / EXCELLENT) if size else 0.0
    return absolute, (absolute - rounding) / size


def judge(relative_error: float, tolerance: float = RIGHT) -> str:
    """A relative error in words."""
    if not relative_error <= tolerance:  # so that NaN is wrong
        return "wrong"
    return "excellent" if relative_error < EXCELLENT else "right"

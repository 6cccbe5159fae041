"""Panels that several experiments draw: seeds as dots in rows, and lines with their spread."""

import statistics
from collections.abc import Mapping, Sequence
from itertools import cycle

from minivit.figures.look import INK, QUIET
from minivit.figures.runs import COLOURS

SEED, MEAN = COLOURS[0], COLOURS[1]
Line = tuple[Sequence[float], Sequence[Sequence[float]]]  # x (n,), and the seeds' y at each x


def dots(axes, groups: Mapping[str, Sequence[float]], title: str, x_label: str) -> None:
    """A row for each group, the first on top: a dot for each seed, a bar at their mean."""
    for y, values in enumerate(groups.values()):
        axes.plot(values, [y] * len(values), "o", color=SEED, alpha=0.6, markersize=5)
        if values:
            axes.plot(
                statistics.fmean(values), y, "|", color=MEAN, markersize=15, markeredgewidth=2
            )
    axes.set_yticks(range(len(groups)), list(groups))
    axes.set_ylim(len(groups) - 0.5, -0.5)
    dress(axes, title, x_label, "")
    axes.grid(axis="x", color="#e4e4e4", linewidth=0.8)


def lines(
    axes,
    series: Mapping[str, Line],
    title: str,
    x_label: str,
    y_label: str,
    colours: Sequence[str] = COLOURS,
) -> None:
    """A line through the means of each series, and a band from the least seed to the most."""
    for (name, (x, values)), colour in zip(series.items(), cycle(colours), strict=False):
        axes.plot(x, [statistics.fmean(v) for v in values], "o-", color=colour, label=name,
                  markersize=4)  # fmt: skip
        axes.fill_between(x, [min(v) for v in values], [max(v) for v in values], color=colour,
                          alpha=0.18, linewidth=0)  # fmt: skip
    dress(axes, title, x_label, y_label)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    if len(series) > 1:
        axes.legend(fontsize=8, frameon=False)


def dress(axes, title: str, x_label: str, y_label: str) -> None:
    """A title, labels, and nothing that distracts."""
    axes.set_title(title, loc="left", fontsize=11, color=INK)
    axes.set_xlabel(x_label, fontsize=9, color=QUIET)
    axes.set_ylabel(y_label, fontsize=9, color=QUIET)
    axes.tick_params(labelsize=9, colors=INK)
    axes.spines[["top", "right"]].set_visible(False)

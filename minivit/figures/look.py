"""How all drawings look: their resolution, words, the colours of lines, a panel of curves."""

import warnings

DPI = 150
LONGEST = 150  # characters of a run's label
INK, QUIET = "#222222", "#777777"
EDGE = 0.02  # of the lines' length between their ends and the edges: words stand outside


def finish(axes, title: str) -> None:
    """A matplotlib panel over the epochs: its title, and nothing that distracts from the lines."""
    axes.set_title(title, loc="left", fontsize=12, color=INK)
    axes.set_xlabel("epoch", fontsize=10, color=INK)
    axes.tick_params(labelsize=9, colors=INK)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.margins(x=EDGE)
    first, last = axes.dataLim.intervalx
    if first == last:  # a point alone stands at the right edge, as the ends of lines do
        axes.set_xlim(first - 1, first + EDGE)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def say_unknown(axes, words: str) -> None:
    """Words in the middle of a panel that has nothing to show."""
    axes.text(
        0.5, 0.5, words, transform=axes.transAxes, ha="center", va="center", fontsize=11,
        color=QUIET,
    )  # fmt: skip
    axes.set(xticks=[], yticks=[])


def fitting(before: str, label: str, after: str, points: float, inches: float) -> str:
    """A line of matplotlib's, in which a label is cut so that all fits into so many inches."""
    line, label = f"{before}{words(label)}{after}", label[:LONGEST]
    kept = len(label)
    while kept and length(line, points) > inches:
        kept = min(kept - 1, int(kept * inches / length(line, points)) + 2)
        line = f"{before}{words(label[:kept])}...{after}"
    return line


def length(line: str, points: float) -> float:
    """How long a line is in matplotlib's usual font, in inches."""
    from matplotlib.textpath import TextPath

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        path = TextPath((0, 0), line, size=points)
    return float(path.get_extents().x1) / 72 if len(path.vertices) else 0.0


def words(label: str, longest: int = LONGEST) -> str:
    """A label as matplotlib draws it: one line, no formulas, not too long."""
    label = "".join(letter if letter.isprintable() else "?" for letter in label)
    label = label if len(label) <= longest else f"{label[: longest - 3]}..."
    label = label.replace("$", r"\$")
    return f" {label}" if label.startswith("_") else label  # else a legend leaves it out

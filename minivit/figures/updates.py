"""How far a step moves the weights of every place: the update/weight ratio over the epochs."""

from collections.abc import Mapping, Sequence

import numpy as np

from minivit.figures.look import INK, QUIET, finish, say_unknown

# From the first block to the last, for two kinds of places in a block; other places stand alone.
SHADES = {"attention": ("#a6cee3", "#08457e"), "mlp": ("#fdc086", "#a63603")}
ALONE = ("#009e73", "#cc79a7", "#000000", "#7f7f7f", "#b8a000")
USUAL = 1e-3  # Karpathy, CS231n, "Neural Networks Part 3"


def draw_updates(axes, places: Mapping[str, np.ndarray], unknown: str) -> None:
    """One panel of lines: places map to rows (epochs, 4), the columns of places.csv.

    A ratio of 0, of a place that doesn't learn, has no place on the logarithmic axis. Without rows
    the panel says `unknown`.
    """
    looks, entries = looks_of(list(places))
    drawn = {place: rows[rows[:, 3] > 0] for place, rows in places.items()}
    drawn = {place: rows for place, rows in drawn.items() if len(rows)}
    for place, rows in drawn.items():
        axes.plot(rows[:, 0], rows[:, 3], linewidth=1.8, **looks[place])
        axes.plot(rows[-1:, 0], rows[-1:, 3], "o", markersize=4, color=looks[place]["color"])
    finish(axes, "Update / weight, rms (an epoch's last step)")
    if not drawn:
        say_unknown(axes, unknown)
        return
    axes.set_yscale("log")
    axes.set_ylim(*limits(np.concatenate(list(drawn.values()))))
    usual = {"color": QUIET, "linewidth": 0.9, "linestyle": (0, (4, 3))}
    axes.axhline(USUAL, zorder=0, **usual)
    name_places(axes, [*entries, (f"{USUAL:g}: a rule of thumb", usual)])


def limits(rows: np.ndarray) -> tuple[float, float]:
    """From where to where the axis goes, for all ratios in rows (n, 4), with room for the legend.

    The last epoch's step may be as small as a rate that has come down to 0, and doesn't count.
    """
    earlier = rows[rows[:, 0] < rows[:, 0].max()]
    ratios = np.append(earlier[:, 3] if len(earlier) else rows[:, 3], USUAL)
    low, high = ratios.min() / 1.5, ratios.max() * 1.5
    return low * (low / high) ** 0.3, high


def looks_of(places: Sequence[str]) -> tuple[dict[str, dict], list[tuple[str, dict]]]:
    """How each place's line looks, and the entries of the legend: words, and a line's look."""
    looks, entries = {}, []
    for kind, shades in SHADES.items():
        found = [place for place in places if place.startswith("blocks.") and
                 place.rpartition(".")[2] == kind]  # fmt: skip
        for i, place in enumerate(found, start=1):
            looks[place] = {"color": between(*shades, i / len(found))}
        if len(found) > 2:
            entries += [
                (f"{found[0]} ...", looks[found[0]]),
                (f"... {found[-1]}", looks[found[-1]]),
            ]
        else:
            entries += [(place, looks[place]) for place in found]
    others = [place for place in places if place not in looks]
    for i, place in enumerate(others):
        dashes = ("-", "--", ":")[i // len(ALONE) % 3]
        looks[place] = {"color": ALONE[i % len(ALONE)], "linestyle": dashes}
        entries.append((place, looks[place]))
    return looks, entries


def between(light: str, dark: str, share: float) -> tuple[float, ...]:
    """The colour at a share of the way from a light one to a dark one."""
    ends = [[int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)] for colour in (light, dark)]
    return tuple(float(a + share * (b - a)) for a, b in zip(*ends, strict=True))


def name_places(axes, entries: Sequence[tuple[str, dict]]) -> None:
    """Which line is which place, above the lines' panel."""
    from matplotlib.lines import Line2D

    handles = [Line2D([], [], label=words, **{"linewidth": 2.2, **look}) for words, look in entries]
    axes.legend(
        handles=handles, fontsize=9, framealpha=0.85, edgecolor="none", labelcolor=INK, ncols=2,
        loc="lower left", handlelength=2, columnspacing=1.2, borderaxespad=0.2,
    )  # fmt: skip

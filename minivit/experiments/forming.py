"""Filters and positions as they form: the paper's figure 7, left and centre, during a training.

The ViT is that of the pool; but it begins as the paper's, because the beginning of its recipe draws
positions that have rows already, and what is there at the start can't be seen to form. What is
measured: forming_rows.py.
"""

from collections.abc import Callable

from minivit.experiments import pool
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.forming_rows import (
    MOMENTS,
    NUMBERS,
    OF_CHANGE,
    along,
    measure,
    unpacked,
)
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    of_seeds,
    shown,
    together,
)
from minivit.figures.learned import draw_filters
from minivit.figures.similarity import draw_similarity, name_cosines
from minivit.inspection import Filters


def points(scale: Scale) -> list[Point]:
    return [Point({"seed": seed}, (along(pool.cell(pool.VIT, seed, scale)),))
            for seed in scale.seeds]  # fmt: skip


def findings(rows: list[Row]) -> list[Finding]:
    """At the end correlations are above none, and shares of the variance above those drawn.

    As controls, whether a correlation is above that drawn, and whether there was more of it soon.
    """
    start, soon, *_, end = MOMENTS

    def seeds(column: str, moment: int) -> list[float]:
        return of_seeds(rows, column, twelfths=moment)

    found = []
    for column, words in NUMBERS.items():
        name, unit = words.replace(":", "'").rsplit(", ", 1)
        drawn, last = seeds(column, start), seeds(column, end)
        if unit == "correlation":
            name = f"the correlation of the {name}"
            found += [
                above(last, [0.0] * len(last), (f"{name} at the end", "no order"), ""),
                as_control(above(last, drawn, ("the same", "that at the start"), "")),
            ]
        else:
            names = f"the {name} at the end", "that at the start"
            found.append(above(last, drawn, names, f" {unit}"))
    chance = seeds(f"rows_columns{OF_CHANGE}", end), seeds("by_chance", end)
    learned = seeds(f"smoothness{OF_CHANGE}", end)
    names = "rows and columns in what the positions have learned", "that by chance"
    pixels = "the correlation of neighbouring pixels in what the filters have learned"
    return [
        *found,
        as_control(above(*chance, names, " % of the variance")),
        above(learned, [0.0] * len(learned), (pixels, "no order"), ""),
        as_control(more_soon(seeds, soon, end)),
    ]


def more_soon(seeds: Callable, soon: int, end: int) -> Finding:
    """The claim that there was more order soon after the start than at the end."""
    parts = {}
    for column, words in {
        "nearness": "likeness and nearness",
        "rows_columns": "rows and columns",
        f"smoothness{OF_CHANGE}": "neighbouring pixels in what the filters have learned",
    }.items():
        both = seeds(column, soon), seeds(column, end)
        parts[f"{words} ({' and '.join(map(shown, both))})"] = above(*both, ("", ""))
    return together(parts, f"more after {soon}/{end} of the training than at the end")


def draw(figure, rows: list[Row]) -> None:
    """Figure 7 left and centre at every moment, of the first seed; and the numbers of all seeds."""
    above_, below = figure.subfigures(2, 1, height_ratios=(1.9, 1))
    shown = [row for row in rows if row["cosines"]]
    panels = above_.subplots(2, len(shown), squeeze=False)
    for column, row in enumerate(shown):
        top, middle = panels[:, column]
        draw_filters(top, filters_of(row))
        top.set_xlabel("")
        top.set_title(in_words(row["twelfths"]), fontsize=10)
        cosines = unpacked(row["cosines"])
        side = round(len(cosines) ** 0.25)
        image = draw_similarity(middle, cosines.reshape((side,) * 4), -1)
        middle.set(xticks=[], yticks=[], xlabel="", ylabel="")
    above_.suptitle("pictures of the first seed alone", x=0.01, ha="left", fontsize=11)
    panels[0, 0].set_ylabel("components of\nthe filters", fontsize=9)
    panels[1, 0].set_ylabel("likeness of\nthe positions", fontsize=9)
    name_cosines(above_.colorbar(image, ax=list(panels[1]), fraction=0.02, pad=0.01))
    for axes, (column, words) in zip(below.subplots(1, 4), NUMBERS.items(), strict=True):
        title, y = words.rsplit(", ", 1)
        whole, change = ([of_seeds(rows, name, twelfths=m) for m in MOMENTS]
                         for name in (column, f"{column}{OF_CHANGE}"))  # fmt: skip
        if column == "rows_columns":
            axes.axhline(rows[0]["by_chance"], color="#777777", linewidth=0.9,
                         linestyle=(0, (4, 3)), label="by chance")  # fmt: skip
        series = {"as they are": (MOMENTS, whole), "their change": (MOMENTS[1:], change[1:])}
        lines(axes, series, title.replace(": ", ":\n"), "twelfths of the training", y)
        axes.set_xticks(MOMENTS)


def filters_of(row: Row) -> Filters:
    """The components of a row, as square patches of one channel."""
    components, shares = unpacked(row["components"]), unpacked(row["shares"])
    side = round((len(components) / len(shares)) ** 0.5)
    return Filters(components.reshape(len(shares), side, side, 1), shares)


def in_words(twelfths: float) -> str:
    """A moment, as a part of the training."""
    known = {0: "untrained", MOMENTS[-1]: "trained"}
    return known.get(int(twelfths), f"after {int(twelfths)}/{MOMENTS[-1]}")


EXPERIMENT = Experiment(
    name="forming",
    title="Filters and positions as they form",
    claim="Section 4.5 and figure 7: closer patches tend to have more similar positions, and "
    "those of one row or column are similar; the first components of the filters resemble a basis "
    "of the fine structure within a patch. Here all that, as a number, has to be more at the end "
    "of a training than no order: a correlation more than 0, a share of the variance more than at "
    "the start, when all was drawn at random. What positions or filters have learned (in the "
    "figure, their change) is what they are less what they were at the start. The ViT begins so, "
    "as the paper's, and is trained by Muon.",
    minutes=3,
    points=points,
    measure=measure,
    findings=findings,
    draw=draw,
    inches=(12, 8.4),
    why={
        IN_PART: "a patch of 4 x 4 pixels has little fine structure to show, and that so short a "
        "training leaves much of the filters as it was drawn",
        DOES_NOT: "so short a training leaves much as it was drawn",
        UNDECIDED: "so short a training leaves much as it was drawn",
    },
)

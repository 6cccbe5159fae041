"""Filters and positions as they form: the paper's figure 7, left and centre, during a training.

The moments are snapshots of one training, and not trainings of several lengths: each of these
would have a schedule of its own. The ViT is that of the pool; but it begins as the paper's, because
the beginning of its recipe draws positions that have rows already, and what is there at the start
can't be seen to form. The table holds pictures of the first seed alone.
"""

from dataclasses import replace

import numpy as np

from minivit.experiments import pool
from minivit.experiments.cell import Cell
from minivit.experiments.drawing import lines
from minivit.experiments.experiment import Experiment, Point, Row, Scale
from minivit.experiments.kept import Learnt
from minivit.experiments.verdict import (
    DOES_NOT,
    IN_PART,
    UNDECIDED,
    Finding,
    above,
    as_control,
    of_seeds,
)
from minivit.figures.learned import draw_filters
from minivit.figures.similarity import draw_similarity, name_cosines
from minivit.inspection import (
    Filters,
    chance_share,
    embedding_filters,
    nearness,
    position_tables,
    principal_filters,
    row_column_share,
    similarity,
    smoothness,
)
from minivit.models import ViT, ViTConfig

BEGINNING = {"beginning": "google", "position_std": None}  # positions N(0, 0.02)
MOMENTS = (0, 1, 3, 6, 12)  # twelfths of the training; of the full size they are epochs
FIRST = 4  # principal components, of which the share of the variance is told
HUNDREDTHS = 100  # pictures are kept in whole hundredths
OF_CHANGE = "_of_change"  # the same of what has been learned since the start
NUMBERS = {
    "nearness": "positions: likeness and nearness, correlation",
    "rows_columns": "positions: rows and columns, % of the variance",
    "smoothness": "filters: neighbouring pixels, correlation",
    "first_components": f"filters: first {FIRST} components, % of the variance",
}


def points(scale: Scale) -> list[Point]:
    return [Point({"seed": seed}, (along(pool.cell(pool.VIT, seed, scale)),))
            for seed in scale.seeds]  # fmt: skip


def along(cell: Cell) -> Cell:
    """A training from the paper's beginning, which keeps a snapshot after each twelfth."""
    training = {**cell.training, **BEGINNING, "snapshots": MOMENTS[-1] + 1}
    return replace(cell, training=training)


def measure(point: Point, trained: list[Learnt]) -> list[Row]:
    """A row for each moment."""
    (one,) = trained
    models = dict(one.moments)
    steps, start = max(models), models[0]
    rows = []
    for moment in MOMENTS:
        model = models[moment * steps // MOMENTS[-1]]
        pictures = pictured(model) if point.settings["seed"] == 0 else {}
        learned = model.parameters["embed.w"] - start.parameters["embed.w"]
        found = order(model.config, position_vectors(model), model.parameters["embed.w"])
        change = order(model.config, position_vectors(model) - position_vectors(start), learned)
        rows.append({"twelfths": moment} | found
                    | {f"{name}{OF_CHANGE}": value for name, value in change.items()}
                    | {"by_chance": 100 * chance_share(model.config.grid)}
                    | {"cosines": "", "components": "", "shares": ""} | pictures)  # fmt: skip
    return rows


def position_vectors(model: ViT) -> np.ndarray:
    """The positions of the patches, (N, D)."""
    return next(iter(position_tables(model).values()))


def order(c: ViTConfig, positions: np.ndarray, filters: np.ndarray) -> Row:
    """The NUMBERS of positions (N, D) and filters (P P channels, D)."""
    return {
        "nearness": nearness(positions, c.grid),
        "rows_columns": 100 * row_column_share(positions, c.grid),
        "smoothness": smoothness(filters.reshape(*c.patch, c.channels, -1)),
        "first_components": 100 * float(principal_filters(filters, FIRST)[1].sum()),
    }


def pictured(model: ViT) -> Row:
    """What figure 7 shows, left and centre, in whole hundredths with spaces between."""
    filters = embedding_filters(model)
    return {
        "cosines": packed(similarity(position_vectors(model))),
        "components": packed(filters.components),
        "shares": packed(filters.shares),
    }


def packed(array: np.ndarray) -> str:
    return " ".join(f"{value:.0f}" for value in HUNDREDTHS * array.ravel())


def unpacked(text: str) -> np.ndarray:
    return np.array([int(value) for value in text.split()]) / HUNDREDTHS


def findings(rows: list[Row]) -> list[Finding]:
    """Every number is higher at the end than at the start; and what was learned is in order.

    As a control, whether likeness and nearness went together closer soon after the start.
    """
    start, soon, *_, end = MOMENTS

    def seeds(column: str, moment: int) -> list[float]:
        return of_seeds(rows, column, twelfths=moment)

    found = []
    for column, words in NUMBERS.items():
        name, unit = words.replace(":", "'").rsplit(", ", 1)
        of, unit = ("the correlation of ", "") if unit == "correlation" else ("", f" {unit}")
        names = f"{of}the {name} at the end", "that at the start"
        found.append(above(seeds(column, end), seeds(column, start), names, unit))
    names = f"the same after {soon}/{end} of the training", "at the end"
    early = above(seeds("nearness", soon), seeds("nearness", end), names, "")
    found.insert(1, as_control(early))
    return [
        *found,
        above(seeds(f"rows_columns{OF_CHANGE}", end), seeds("by_chance", end),
              ("rows and columns in what the positions have learned", "that by chance"),
              " % of the variance"),
        above(seeds(f"smoothness{OF_CHANGE}", end), seeds("smoothness", start),
              ("the correlation of neighbouring pixels in what the filters have learned",
               "that at the start"), ""),
    ]  # fmt: skip


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
        series = {"as it is": (MOMENTS, whole), "its change": (MOMENTS[1:], change[1:])}
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
    claim="Section 4.5 and figure 7: closer patches tend to have more similar positions, and those "
    "of one row or column are similar; the first components of the filters resemble a basis of the "
    "fine structure within a patch. Here all that, as a number, has to be more at the end of a "
    "training than at its start, a correlation of 0 being no order; and what was learned is "
    "compared with chance in positions, and in filters with what was drawn. The ViT begins at "
    "random, as the paper's.",
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

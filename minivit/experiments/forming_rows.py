"""The moments of a training, and what of a ViT's positions and filters is in order: for `forming`.

The moments are snapshots of one training, and not trainings of several lengths: each of these
would have a schedule of its own. The table holds pictures of the first seed alone.
"""

from dataclasses import replace

import numpy as np

from minivit.experiments.cell import Cell
from minivit.experiments.experiment import Point, Row
from minivit.experiments.kept import Learnt
from minivit.inspection import (
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

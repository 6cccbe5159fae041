"""Figures 7 centre and 10 of the ViT paper: how alike the positions of the patches are."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.figures.look import INK, fitting
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.tiles import MAP, SMALL, finish_bar, heading
from minivit.inspection import position_similarity, position_tables
from minivit.models import ViT

TOP, BOTTOM, SIDE, COLUMNS = 1.1, 0.7, 3.6, 3  # inches; models beside each other
MOST_TICKS = 8


def positions_figure(
    models: Mapping[str, ViT], path: str | Path, *, software: str = "minivit"
) -> None:
    """A panel for each model, all on one scale; of a model with several tables, the first.

    Raises InputError for a model without positions, OSError when `path` can't be written.
    """
    found = {name: position_similarity(model) for name, model in models.items()}
    columns = min(len(found), COLUMNS)
    rows = -(-len(found) // columns)
    width, height = max(6.5, columns * (SIDE + 0.6) + 0.9), TOP + rows * (SIDE + 0.5) + BOTTOM
    figure = new_figure(width, height)
    grid = figure.subplots(rows, columns, squeeze=False)
    for axes in grid.ravel()[len(found) :]:
        axes.set_visible(False)
    least = min(float(one.min()) for one in found.values())
    for axes, (name, one) in zip(grid.ravel(), found.items(), strict=False):
        image = draw_similarity(axes, one, least)
        title = f"{fitting('', name, '', SMALL + 1, SIDE)}\n{which(models[name])}"
        axes.set_title(title, fontsize=SMALL + 1, color=INK)
    heading(
        figure, "How alike the positions are (ViT paper, figures 7 and 10)",
        "Each small square is a patch's place in the image, and shows its cosine with all places.",
    )  # fmt: skip
    figure.subplots_adjust(left=0.7 / width, right=1 - 1.0 / width, top=1 - TOP / height,
                           bottom=BOTTOM / height, wspace=0.25, hspace=0.3)  # fmt: skip
    place = figure.add_axes((1 - 0.85 / width, BOTTOM / height, 0.12 / width, 2 / height))
    name_cosines(figure.colorbar(image, cax=place))
    save_figure(figure, path, software=software)


def draw_similarity(axes, similarity: np.ndarray, least: float):
    """A panel: similarity (rows, columns, rows, columns), colours from `least` to 1."""
    rows, columns = similarity.shape[:2]
    gap = max(1, rows // 8)
    sheet = np.full((rows * (rows + gap) - gap, columns * (columns + gap) - gap), np.nan)
    for r, c in np.ndindex(rows, columns):
        top, left = r * (rows + gap), c * (columns + gap)
        sheet[top : top + rows, left : left + columns] = similarity[r, c]
    axes.set_anchor("N")
    image = axes.imshow(sheet, cmap=MAP, vmin=least, vmax=1, interpolation="nearest")
    for axis, count in ((axes.yaxis, rows), (axes.xaxis, columns)):
        shown = range(0, count, -(-count // MOST_TICKS))
        middles = [i * (count + gap) + (count - 1) / 2 for i in shown]
        axis.set_ticks(middles, [str(i + 1) for i in shown])
    axes.tick_params(length=0, labelsize=SMALL, colors=INK)
    axes.spines[:].set_visible(False)
    axes.set_xlabel("column of the patch", fontsize=SMALL + 1, color=INK)
    axes.set_ylabel("row of the patch", fontsize=SMALL + 1, color=INK)
    return image


def name_cosines(bar) -> None:
    """What the colours of a colour bar mean."""
    bar.set_label("cosine", fontsize=SMALL + 1, color=INK)
    finish_bar(bar)


def which(model: ViT) -> str:
    """Which positions a panel shows."""
    places, kind = list(position_tables(model)), model.config.positions
    return kind if len(places) == 1 else f"{kind}: {places[0]}, the first of {len(places)}"

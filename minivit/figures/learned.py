"""Figure 7 of the ViT paper: what a model has learned of patches, of places, and of far and near.

Left the principal components of the embedding's filters, in the middle how alike the positions are,
right how far the heads look.
"""

import math
import textwrap
from pathlib import Path

import numpy as np

from minivit.errors import InputError
from minivit.figures.distances import draw_distances
from minivit.figures.look import INK, say_unknown
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.similarity import draw_similarity, name_cosines, which
from minivit.figures.tiles import FRAME, SMALL, heading
from minivit.inspection import Filters, first_filters, head_measures, position_similarity
from minivit.models import Model

TOP, HEIGHT, WIDTH = 0.95, 5.3, 16  # inches
COLUMNS, FEW = 7, 16  # of filters: 28 are four rows, as in the paper; few lie in a square
BETWEEN = (0.84, 0.89, 0.95)  # a colour that no grey filter has


def learned_figure(
    model: Model, images: np.ndarray | None, path: str | Path, *, software: str = "minivit"
) -> None:
    """The three panels. Without images (n, height, width, channels) the last one stays empty, and
    without positions the one in the middle; they say why.

    Raises InputError without matplotlib, OSError when `path` can't be written.
    """
    figure = new_figure(WIDTH, HEIGHT)
    left, centre, right = figure.subplots(1, 3, width_ratios=(1.25, 1.15, 1))
    draw_filters(left, first_filters(model), "embedding" if model.config.root is None else "root")
    try:
        similarity = position_similarity(model)
    except InputError as error:
        say_unknown(centre, broken(str(error)))
    else:
        image = draw_similarity(centre, similarity, float(similarity.min()))
        name_cosines(figure.colorbar(image, ax=centre, fraction=0.04, pad=0.03))
        title(centre, f"How alike the positions are\n({which(model)})")
    if not model.config.depth or images is None or not len(images):
        lack = "the model has no blocks" if not model.config.depth else "there are no pictures"
        say_unknown(right, broken(f"{lack}: nothing is known of how far its heads look"))
    else:
        draw_distances(right, head_measures(model, images), model.config)
        shown = f"(a dot for each, {len(images)} images; broken line: all tokens alike)"
        title(right, f"How far heads look\n{shown}")
    heading(figure, "What the model has learned (ViT paper, figure 7)")
    figure.subplots_adjust(left=0.02, right=0.985, top=1 - TOP / HEIGHT, bottom=0.12, wspace=0.3)
    save_figure(figure, path, software=software)


def draw_filters(axes, filters: Filters, of: str = "embedding") -> None:
    """The components as patches, in reading order; of 1 or 3 channels, else nothing is drawn.

    `of` tells whose filters they are.
    """
    n, height, width, channels = filters.components.shape
    if channels not in (1, 3):
        say_unknown(axes, broken(f"the filters have {channels} channels: colours have 1 or 3"))
        return
    columns = COLUMNS if n > FEW else math.ceil(math.sqrt(n))
    gap = max(1, max(height, width) // 8)
    rows = -(-n // columns)
    sides = rows * (height + gap) - gap, columns * (width + gap) - gap
    sheet = np.broadcast_to(BETWEEN, (*sides, 3)).copy()
    for i, component in enumerate(filters.components):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = as_colour(component)
    axes.imshow(sheet, interpolation="nearest")
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set(color=FRAME)
    title(axes, f"The first {n} principal components\nof the {of}'s filters")
    first = filters.shares[0]
    axes.set_xlabel(
        f"share of the variance: {first:.0%} the first, {filters.shares.sum():.0%} all shown",
        fontsize=SMALL + 1, color=INK,
    )  # fmt: skip


def as_colour(component: np.ndarray) -> np.ndarray:
    """A component in [0, 1], with 0 at mid-grey; all channels share its scale."""
    most = np.abs(component).max()
    return 0.5 + component / (2 * (most if most > 0 else 1))


def title(axes, text: str) -> None:
    axes.set_title(text, fontsize=SMALL + 2, color=INK)


def broken(text: str, width: int = 38) -> str:
    """The text in several lines."""
    return textwrap.fill(text, width)

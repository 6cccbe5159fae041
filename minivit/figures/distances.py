"""Figures 7 right and 11 of the ViT paper: how far heads look, by depth."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from minivit.figures.look import INK, QUIET, fitting, say_unknown
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.tiles import SMALL, heading
from minivit.inspection import HeadMeasures, head_measures, patch_distances, patch_step
from minivit.models import ViT

TOP, BOTTOM, SIDE, ROW = 1.4, 0.6, 3.4, 2.3  # inches
DOT = "#0072b2"
ROWS = {
    "distance": "mean attention distance\n(pixels)",
    "entropy": "entropy (bits)",
    "cls_share": "share that patches\ngive to cls",
}


def distances_figure(
    models: Mapping[str, tuple[ViT, np.ndarray]], path: str | Path, *, software: str = "minivit"
) -> None:
    """A column for each model with its images (n, height, width, channels), a dot for each head.

    Raises InputError without images, OSError when `path` can't be written.
    """
    found = {name: head_measures(*one) for name, one in models.items()}
    has_cls = any(model.config.has_cls for model, _ in models.values())
    rows = [name for name in ROWS if has_cls or name != "cls_share"]
    width, height = max(6.5, len(found) * SIDE + 1), TOP + len(rows) * ROW + BOTTOM
    figure = new_figure(width, height)
    grid = figure.subplots(len(rows), len(found), squeeze=False)
    for column, (name, measures) in enumerate(found.items()):
        c = models[name][0].config
        for axes, row in zip(grid[:, column], rows, strict=True):
            # Heights can be compared, but for pixels of images of another size.
            others = [n for n in found if row != "distance" or models[n][0].config.image == c.image]
            top = max(top_of(row, found[n], models[n][0].config) for n in others)
            draw_heads(axes, getattr(measures, row), c, even(row, c), top)
            if row == "entropy" and column == len(found) - 1:
                count_keys(axes, top)
            if row == "cls_share" and not c.has_cls:
                axes.clear()
                say_unknown(axes, "no cls token")
        title = f"{fitting('', name, '', SMALL + 1, SIDE - 0.3)}\n{measures.images} images"
        grid[0, column].set_title(title, fontsize=SMALL + 1, color=INK)
        grid[-1, column].set_xlabel("block", fontsize=SMALL + 1, color=INK)
    for axes, row in zip(grid[:, 0], rows, strict=True):
        axes.set_ylabel(ROWS[row], fontsize=SMALL + 1, color=INK)
    of_cls = ", and what patches give to the cls token" if has_cls else ""
    heading(
        figure, "How far heads look (ViT paper, figures 7 and 11)",
        "A dot for each head: the way from a patch to the patches that it attends to, how evenly a "
        f"token spreads its attention{of_cls}. Broken line: if all tokens got the same.",
    )  # fmt: skip
    figure.subplots_adjust(left=0.85 / width, right=1 - 0.65 / width, top=1 - TOP / height,
                           bottom=BOTTOM / height, wspace=0.18, hspace=0.25)  # fmt: skip
    save_figure(figure, path, software=software)


def top_of(row: str, measures: HeadMeasures, c) -> float:
    """How high a panel has to reach."""
    return 1.06 * max(float(getattr(measures, row).max()), even(row, c), 1e-9)


def draw_heads(axes, values: np.ndarray, c, even: float, top: float) -> None:
    """A panel from 0 to `top`: values (L, H), a dot for each head over the depth; `even` is a
    broken line.
    """
    layers, heads = values.shape
    halves = layers // c.depth  # an axial block has two layers
    depths = np.repeat(np.arange(layers) / halves, heads)
    axes.plot(depths, values.ravel(), "o", color=DOT, markersize=4.5, alpha=0.75,
              markeredgewidth=0)  # fmt: skip
    axes.axhline(even, color=QUIET, linewidth=0.9, linestyle=(0, (4, 3)), zorder=1.8)
    axes.set_xlim(-0.5, c.depth - 0.5 / halves)
    axes.set_ylim(0, top)
    axes.xaxis.get_major_locator().set_params(integer=True, min_n_ticks=1)
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def count_keys(axes, top: float) -> None:
    """A second scale for bits, at the right: as a number of keys, 2^bits."""
    right, bits = axes.twinx(), range(int(top) + 1)
    right.set_ylim(0, top)
    right.set_yticks(bits, [str(2**b) for b in bits], fontsize=SMALL, color=INK)
    right.set_ylabel("as a number of keys", fontsize=SMALL + 1, color=INK)
    right.tick_params(length=2)
    right.spines[:].set_visible(False)


def draw_distances(axes, measures: HeadMeasures, c) -> None:
    """The panel of figure 7 right."""
    top = top_of("distance", measures, c)
    draw_heads(axes, measures.distance, c, even("distance", c), top)
    axes.set_xlabel("block", fontsize=SMALL + 1, color=INK)
    axes.set_ylabel("mean attention distance (pixels)", fontsize=SMALL + 1, color=INK)


def even(measure: str, c) -> float:
    """What a measure is if all tokens get the same from all."""
    if measure == "entropy":
        return float(np.log2(c.tokens))
    if measure == "cls_share":
        return 1 / c.tokens if c.has_cls else 0.0
    D = patch_distances(c.grid, patch_step(c))
    return float(D.mean()) * c.patches / c.tokens

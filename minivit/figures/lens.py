"""The logit lens: what the head would say of an image behind every branch."""

from pathlib import Path

import numpy as np

from minivit.figures.look import INK, fitting
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import LINE, MAP, MARGIN, SMALL, finish_bar, heading, picture_tile
from minivit.inspection import lens_places, logit_lens
from minivit.ops import softmax_forward

MOST_IMAGES, MOST_CLASSES, MOST_TICKS = 6, 10, 26
TOP, BOTTOM, ROW, NAMES = 0.95, 1.55, 1.45, 1.5  # inches


def lens_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """A row for each image: the image, and the probability of each class at every depth.

    Of many classes those are shown that the last stage finds most probable, and the one that is
    asked about. Raises OSError when `path` can't be written.
    """
    seen = seen.first(MOST_IMAGES)
    probabilities, _ = softmax_forward(logit_lens(seen.model, seen.images))  # (n, stages, C)
    stages, n = list(map(short, lens_places(seen.model.config))), len(seen.images)
    above = 0.08 + LINE * seen.lines
    width, height = min(14, 6 + 0.3 * len(stages)), TOP + n * (ROW + above) + BOTTOM
    figure = new_figure(width, height)
    shown = [classes_shown(probabilities[i, -1], int(seen.targets[i])) for i in range(n)]
    tables = [probabilities[i][:, shown[i]].T for i in range(n)]  # (classes, stages)
    most = max(float(table.max()) for table in tables)
    left = MARGIN + 0.15
    for i, table in enumerate(tables):
        y = BOTTOM + (n - 1 - i) * (ROW + above)
        tile = add_axes(figure, left, y, ROW)
        picture_tile(tile, seen.pictures[i], seen.caption(i, ROW + 0.3))
        start = left + ROW + NAMES
        panel = add_axes(figure, start, y, width - start - 0.95)
        image = panel.imshow(table, cmap=MAP, vmin=0, vmax=most, aspect="auto",
                             interpolation="nearest")  # fmt: skip
        room = NAMES - 0.15
        names = [fitting("", seen.model.class_names[c], "", SMALL, room) for c in shown[i]]
        panel.set_yticks(range(len(names)), names, fontsize=SMALL, color=INK)
        name_stages(panel, stages, is_last=i == n - 1)
    heading(
        figure, "What the head would say, branch by branch (logit lens)",
        "The probability of each class if the tokens went to the head from there. Only the last "
        "were trained to be read by it: an early layer may know the answer in another way.",
    )  # fmt: skip
    bar = figure.colorbar(image, cax=add_axes(figure, width - 0.75, BOTTOM, 0.12))
    bar.set_label("probability", fontsize=SMALL, color=INK)
    finish_bar(bar)
    save_figure(figure, path, software=software)


def add_axes(figure, x: float, y: float, width: float):
    """Axes that are as high as a row, in inches from the lower left corner."""
    across, up = figure.get_size_inches()
    return figure.add_axes((x / across, y / up, width / across, ROW / up))


def classes_shown(last: np.ndarray, target: int) -> np.ndarray:
    """last (C,) -> the most probable classes and the target, in the order of their numbers."""
    best = np.argsort(-last, kind="stable")[:MOST_CLASSES]
    return np.unique(best if target in best else np.append(best[:-1], target))


def short(place: str) -> str:
    """The name of a stage below its column: "blocks.0.mlp.y" -> "0 mlp"."""
    parts = place.split(".")
    return " ".join(parts[1:-1]).replace("_", " ") if parts[0] == "blocks" else "tokens"


def name_stages(axes, stages: list[str], *, is_last: bool) -> None:
    """Names below the columns of the last panel; of many columns, not every one has its name."""
    every = -(-len(stages) // MOST_TICKS)
    ticks = list(range(0, len(stages), every))
    names = [stages[tick] for tick in ticks] if is_last else []
    axes.set_xticks(ticks, names or [""] * len(ticks), rotation=90, fontsize=SMALL, color=INK)
    axes.tick_params(length=2)
    if is_last:
        axes.set_xlabel("behind which branch", fontsize=SMALL + 1, color=INK)

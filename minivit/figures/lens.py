"""The logit lens: what the head would say of an image behind every branch."""

from pathlib import Path

import numpy as np

from minivit.figures.look import INK, fitting
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import LINE, MAP, MARGIN, SMALL, finish_bar, heading, picture_tile
from minivit.inspection import lens_accuracy, lens_places, logit_lens
from minivit.ops import softmax_forward

MOST_IMAGES, MOST_CLASSES, MOST_TICKS = 6, 10, 26
TOP, BOTTOM, ROW, NAMES, BETWEEN = 0.95, 1.55, 1.45, 1.5, 0.3  # inches
LEFT = MARGIN + 0.15
START = LEFT + ROW + NAMES  # of the panels
LINE_COLOUR = "#0072b2"
Known = tuple[np.ndarray, np.ndarray]  # images (n, height, width, channels), labels (n,)


def lens_figure(
    seen: Subject, path: str | Path, *, known: Known | None = None, software: str = "minivit"
) -> None:
    """A row for each image: the image, and the probability of each class at every depth.

    Below, of images whose labels are known: which part of them is read right at every depth. Of
    many classes those are shown that the last stage finds most probable, and the one that is asked
    about. Raises OSError when `path` can't be written.
    """
    seen = seen.first(MOST_IMAGES)
    probabilities, _ = softmax_forward(logit_lens(seen.model, seen.images))  # (n, stages, C)
    stages, n = list(map(short, lens_places(seen.model.config))), len(seen.images)
    above = 0.08 + LINE * seen.lines
    bottom = BOTTOM if known is None else BOTTOM + ROW + BETWEEN
    width, height = min(14, 6 + 0.3 * len(stages)), TOP + n * (ROW + above) + bottom
    figure = new_figure(width, height)
    image, panels = draw_rows(figure, seen, probabilities, bottom, above)
    if known is not None:
        panels.append(add_axes(figure, START, BOTTOM, panel_width(figure)))
        draw_accuracy(panels[-1], lens_accuracy(seen.model, *known), len(known[0]))
    for axes in panels:
        name_stages(axes, stages, is_last=axes is panels[-1])
    heading(
        figure, "What the head would say, branch by branch (logit lens)",
        "The probability of each class if the tokens went to the head from there. Only the last "
        "were trained to be read by it: an early layer may know the answer in another way.",
    )  # fmt: skip
    bar = figure.colorbar(image, cax=add_axes(figure, width - 0.75, bottom, 0.12))
    bar.set_label("probability", fontsize=SMALL, color=INK)
    finish_bar(bar)
    save_figure(figure, path, software=software)


def draw_rows(figure, seen: Subject, probabilities: np.ndarray, bottom: float, above: float):
    """probabilities (n, stages, C) of the images -> what a colour bar needs, and the panels."""
    panels, n = [], len(probabilities)
    shown = [classes_shown(probabilities[i, -1], int(seen.targets[i])) for i in range(n)]
    tables = [probabilities[i][:, shown[i]].T for i in range(n)]  # (classes, stages)
    most = max(float(table.max()) for table in tables)
    for i, table in enumerate(tables):
        y = bottom + (n - 1 - i) * (ROW + above)
        picture_tile(add_axes(figure, LEFT, y, ROW), seen.pictures[i], seen.caption(i, ROW + 0.3))
        panels.append(add_axes(figure, START, y, panel_width(figure)))
        image = panels[i].imshow(table, cmap=MAP, vmin=0, vmax=most, aspect="auto",
                                 interpolation="nearest")  # fmt: skip
        names = [fitting("", seen.model.class_names[c], "", SMALL, NAMES - 0.4) for c in shown[i]]
        panels[i].set_yticks(range(len(names)), names, fontsize=SMALL, color=INK)
        panels[i].set_ylabel("class", fontsize=SMALL, color=INK)
    return image, panels


def panel_width(figure) -> float:
    """In inches: there is room for the colour bar at the right."""
    return figure.get_size_inches()[0] - START - 0.95


def draw_accuracy(axes, accuracy: np.ndarray, images: int) -> None:
    """accuracy (stages,): a dot for each, where the columns above stand."""
    axes.plot(accuracy, "o-", color=LINE_COLOUR, markersize=5, linewidth=1.5)
    axes.set(xlim=(-0.5, len(accuracy) - 0.5), ylim=(0, 1.05))
    axes.yaxis.set_major_formatter("{x:.0%}")
    axes.set_ylabel(f"read right,\nof {images} images", fontsize=SMALL, color=INK)
    axes.tick_params(labelsize=SMALL, colors=INK)
    axes.grid(axis="y", color="#e4e4e4", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


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

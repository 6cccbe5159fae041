"""The logit lens: what the head would say of an image behind every branch."""

from pathlib import Path

import numpy as np

from minivit.figures.look import INK, words
from minivit.figures.saving import new_figure, save_figure
from minivit.figures.subject import LONGEST, Subject
from minivit.figures.tiles import MAP, SMALL, finish_bar, heading, picture_tile
from minivit.inspection import lens_places, logit_lens
from minivit.ops import softmax_forward

MOST_IMAGES, MOST_CLASSES, MOST_TICKS = 6, 10, 26
TOP, BOTTOM, ROW = 1.15, 0.8, 1.8  # inches


def lens_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """A row for each image: the image, and the probability of each class at every depth.

    Of many classes those are shown that the last stage finds most probable, and the one that is
    asked about. Raises OSError when `path` can't be written.
    """
    seen = seen.first(MOST_IMAGES)
    probabilities, _ = softmax_forward(logit_lens(seen.model, seen.images))  # (n, stages, C)
    stages, n = list(map(short, lens_places(seen.model.config))), len(seen.images)
    figure = new_figure(min(14, 5 + 0.3 * len(stages)), TOP + n * ROW + BOTTOM)
    grid = figure.subplots(n, 2, squeeze=False, width_ratios=(1.2, 4))
    for i in range(n):
        picture_tile(grid[i, 0], seen.pictures[i], seen.caption(i))
        shown = classes_shown(probabilities[i, -1], int(seen.targets[i]))
        image = grid[i, 1].imshow(probabilities[i][:, shown].T, cmap=MAP, vmin=0, vmax=1,
                                  aspect="auto", interpolation="nearest")  # fmt: skip
        names = [words(seen.model.class_names[label], LONGEST) for label in shown]
        grid[i, 1].set_yticks(range(len(shown)), names, fontsize=SMALL, color=INK)
        name_stages(grid[i, 1], stages, is_last=i == n - 1)
    heading(
        figure, "What the head would say, branch by branch (logit lens)",
        "The probability of each class if the tokens went to the head from there. Only the last "
        "were trained\nto be read by it: an early layer may know the answer in another way.",
        top=TOP,
    )  # fmt: skip
    height = figure.get_size_inches()[1]
    figure.subplots_adjust(left=0.02, right=0.9, bottom=BOTTOM / height, wspace=0.3, hspace=0.3)
    bar = figure.colorbar(image, cax=figure.add_axes((0.92, BOTTOM / height, 0.015, 1.5 / height)))
    bar.set_label("probability", fontsize=SMALL, color=INK)
    finish_bar(bar)
    save_figure(figure, path, software=software)


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

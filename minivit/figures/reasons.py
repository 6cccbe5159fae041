"""Why this class: maps of one question side by side, and how little they agree."""

from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.figures.saving import save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import (
    below,
    between,
    heading,
    marked_tile,
    marker_scale,
    picture_tile,
    scale_place,
    sign_scale,
    signed_tile,
    tile_sheet,
)
from minivit.inspection import (
    baseline,
    cls_attention,
    gradient_weighted_map,
    integrated_gradients,
    occlusion,
    over_patches,
    rollout_map,
    saliency,
    saliency_map,
    usual_baseline,
)
from minivit.models import Model

MOST_IMAGES = 6
IN_WORDS = {7: "Seven", 4: "Four"}
TOP, BOTTOM, SIDE = 1.2, 0.75, 1.25  # inches


class Reason(NamedTuple):
    """One way to ask, and its answers."""

    title: str
    maps: np.ndarray  # (n, rows, columns), of patches or of pixels
    by_patch: np.ndarray  # (n, grid rows, grid columns)
    has_sign: bool


def reasons(seen: Subject, x0: np.ndarray) -> list[Reason]:
    """Seven maps for each image, four without attention: x0 (n, 1, 1, channels) shows nothing."""
    model, images, targets, c = seen.model, seen.images, seen.targets, seen.model.config
    gradient = saliency(model, images, targets)
    sizes = saliency_map(gradient)
    linear = (gradient * (images - x0)).sum(axis=-1)
    integrated = integrated_gradients(model, images, targets, x0).sum(axis=-1)
    lost = occlusion(model, images, targets, x0)
    return [
        *(of_attention(seen) if c.depth else []),
        Reason("|gradient|", sizes, over_patches(sizes, c), False),
        Reason("gradient\n$\\times$ (x - x$_0$)", linear, over_patches(linear, c), True),
        Reason("integrated\ngradients", integrated, over_patches(integrated, c), True),
        Reason("occlusion", lost, lost, True),
    ]


def of_attention(seen: Subject) -> list[Reason]:
    """The three that ask attention."""
    model, images = seen.model, seen.images
    attention = cls_attention(model, images)[:, -1].mean(axis=1)
    rolled = rollout_map(model, images)
    for_class = gradient_weighted_map(model, images, seen.targets)
    return [
        Reason("attention,\nlast block", attention, attention, False),
        Reason("attention\nrollout", rolled, rolled, False),
        Reason("gradient-weighted\nattention", for_class, for_class, False),
    ]


def reasons_figure(
    seen: Subject, path: str | Path, *, fill: str | None = None, software: str = "minivit"
) -> None:
    """A row for each image, a column for each way to ask which patches made the class's logit.

    `fill` is the kind of `baseline`: what covers a patch, and x_0 of the gradients.

    Raises InputError for another kind, OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    x0 = baseline(seen.model, seen.images, fill)
    columns = reasons(seen, x0)
    agreed = [agreement(one.by_patch, columns[-1].by_patch) for one in columns]
    n, lines = len(seen.images), max(seen.lines, 2)
    figure, grid = tile_sheet(n, len(columns) + 1, c.image, SIDE, lines=lines, top=TOP,
                              bottom=BOTTOM)  # fmt: skip
    for i in range(n):
        picture_tile(grid[i, 0], seen.pictures[i], seen.caption(i, SIDE))
        for axes, one, r in zip(grid[i, 1:], columns, agreed, strict=True):
            title = one.title if i == 0 else ""
            if one.has_sign:
                signed_tile(axes, one.maps[i], c.image, title)
            else:
                marked_tile(axes, seen.pictures[i], between(one.maps[i]), title)
            below(axes, in_words(r[i]) if one is not columns[-1] else "")
    heading(figure, "Why this class?", explanation(columns, agreed, filled(seen.model, fill, x0)))
    marker_scale(figure, scale_place(figure, 0.05), "each map on its own scale")
    left = min(0.6, 1 - 3.6 / figure.get_size_inches()[0])  # of few columns its words need room
    sign_scale(figure, scale_place(figure, left), "the last three: each on its own scale")
    save_figure(figure, path, software=software)


def agreement(maps: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The correlation of two maps over the patches, image by image: (n, ...) -> (n,).

    NaN where one of them is the same everywhere.
    """
    a, b = (np.asarray(m, np.float64).reshape(len(m), -1) for m in (maps, others))
    a, b = (m - m.mean(axis=1, keepdims=True) for m in (a, b))
    sizes = np.linalg.norm(a, axis=1) * np.linalg.norm(b, axis=1)
    products = (a * b).sum(axis=1)
    return np.divide(products, sizes, out=np.full(len(a), np.nan), where=sizes > 0)


def in_words(r: float) -> str:
    return "r = -" if np.isnan(r) else f"r = {r:.2f}"


def filled(model: Model, fill: str | None, x0: np.ndarray) -> str:
    """The colour that shows nothing, in words: x0 (n, 1, 1, channels)."""
    kind = usual_baseline(model) if fill is None else fill
    if kind == "mean":
        return "the image's own mean colour"
    return f"{kind} ({', '.join(f'{level:.3g}' for level in x0[0].ravel())})"


def explanation(columns: list[Reason], agreed: list[np.ndarray], colour: str) -> str:
    """What is shown, and by how much the columns differ."""
    means = []
    for one, r in zip(columns[:-1], agreed, strict=False):
        mean = "-" if np.isnan(r).all() else f"{np.nanmean(r):.2f}"
        means.append(f"{one.title.replace(chr(10), ' ')} {mean}")
    return (
        f"{IN_WORDS[len(columns)]} ways to ask which patches made the logit of the class, and how "
        "far they agree: r is the correlation with occlusion, patch by patch; its mean: "
        f"{', '.join(means)}.\n"
        f"Occlusion covers a patch by {colour}, and x$_0$ is that, too: with another colour these "
        "maps may be others."
    )

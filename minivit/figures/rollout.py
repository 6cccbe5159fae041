"""Figure 6 of the ViT paper: pictures, and the attention to their patches through all blocks."""

from pathlib import Path

from minivit.figures.saving import new_figure, save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import (
    below,
    between,
    heading,
    marked_tile,
    marker_scale,
    picture_tile,
)
from minivit.inspection import rollout_map

MOST_IMAGES, PAIRS = 12, 3  # pairs in a row
TOP, BOTTOM, TILE = 1.2, 0.75, 1.7  # inches


def rollout_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """Each image, and beside it the rollout of what the head reads, from its least to its largest.

    Raises OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    maps = rollout_map(seen.model, seen.images)
    n = len(maps)
    pairs = min(n, PAIRS)
    rows = -(-n // pairs)
    row = TILE * min(2, c.image[0] / c.image[1]) + 0.55
    width = max(7.5, pairs * (2 * TILE + 0.3))
    figure = new_figure(width, TOP + rows * row + BOTTOM)
    grid = figure.subplots(rows, 2 * pairs, squeeze=False)
    for axes in grid.ravel()[2 * n :]:
        axes.set_visible(False)
    for i in range(n):
        pair = grid[i // pairs, 2 * (i % pairs) : 2 * (i % pairs) + 2]
        picture_tile(pair[0], seen.pictures[i], seen.caption(i))
        marked_tile(pair[1], seen.pictures[i], between(maps[i]), "attention rollout")
        below(pair[1], f"{maps[i].min():.1%} to {maps[i].max():.1%} a patch")
    heading(
        figure, "Which patches reach the answer (ViT paper, figure 6)",
        "Attention, averaged over the heads, with the skip connections, multiplied over all blocks "
        f"({c.depth}).\nIt sums up who looks at whom; it does not tell what the answer rests on.",
        top=TOP,
    )  # fmt: skip
    height = figure.get_size_inches()[1]
    figure.subplots_adjust(left=0.02, right=0.98, bottom=BOTTOM / height, wspace=0.1, hspace=0.35)
    place = figure.add_axes((0.05, 0.42 / height, 0.3, 0.1 / height))
    marker_scale(figure, place, "attention to a patch, on each picture's own scale")
    save_figure(figure, path, software=software)

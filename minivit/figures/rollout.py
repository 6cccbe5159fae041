"""Figure 6 of the ViT paper: pictures, and the attention to their patches through all blocks."""

from pathlib import Path

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
    tile_sheet,
)
from minivit.inspection import rollout_map

MOST_IMAGES, PAIRS = 12, 3  # pairs in a row
TOP, BOTTOM, SIDE = 0.95, 0.75, 1.6  # inches


def rollout_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """Each image, and beside it the rollout of what the head reads, from its least to its largest.

    Raises OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    maps = rollout_map(seen.model, seen.images)
    n, pairs = len(maps), min(len(maps), PAIRS)
    figure, grid = tile_sheet(-(-n // pairs), 2 * pairs, c.image, SIDE, lines=seen.lines, top=TOP,
                              bottom=BOTTOM)  # fmt: skip
    for axes in grid.ravel()[2 * n :]:
        axes.set_visible(False)
    for i, (left, right) in enumerate(grid.reshape(-1, 2)[:n]):
        picture_tile(left, seen.pictures[i], seen.caption(i, SIDE))
        marked_tile(right, seen.pictures[i], between(maps[i]), "attention rollout")
        below(right, f"{maps[i].min():.1%} to {maps[i].max():.1%} a patch")
    heading(
        figure, "Which patches reach the answer (ViT paper, figure 6)",
        f"Attention, averaged over the heads, with the skip connections, multiplied over all "
        f"{c.depth} blocks. It sums up who looks at whom; it is no proof of what an answer rests "
        "on.",
    )  # fmt: skip
    marker_scale(figure, scale_place(figure, 0.05), "each map on its own scale")
    save_figure(figure, path, software=software)

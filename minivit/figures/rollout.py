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
FUSED = {
    "mean": "Attention, averaged over the heads",
    "max": "The largest attention of all heads",
    "min": "The least attention of all heads",
}


def rollout_figure(
    seen: Subject, path: str | Path, *, fuse: str = "mean", discard: float = 0.0,
    start_block: int = 0, software: str = "minivit",
) -> None:  # fmt: skip
    """Each image, and beside it the rollout of what the head reads, from its least to its largest.

    `fuse`, `discard` and `start_block` are those of `rollout_map`, and stand in the figure.

    Raises InputError as that does, OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    maps = rollout_map(seen.model, seen.images, fuse=fuse, discard=discard, start_block=start_block)
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
        f"{recipe(fuse, discard, start_block, c.depth)} It sums up who looks at whom; it is no "
        "proof of what an answer rests on.",
    )  # fmt: skip
    marker_scale(figure, scale_place(figure, 0.05), "each map on its own scale")
    save_figure(figure, path, software=software)


def recipe(fuse: str, discard: float, start_block: int, depth: int) -> str:
    """How the maps were made, in a sentence."""
    least = f", without the least {discard:.0%} of its weights" if discard else ""
    blocks = f"all {depth} blocks" if not start_block else f"blocks {start_block} to {depth - 1}"
    return f"{FUSED[fuse]}{least}, with the skip connections, multiplied over {blocks}."

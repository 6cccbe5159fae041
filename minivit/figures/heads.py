"""Where each head of a block looks, image by image."""

from pathlib import Path

import numpy as np

from minivit.figures.saving import save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import (
    heading,
    marked_tile,
    marker_scale,
    picture_tile,
    scale_place,
    tile_sheet,
)
from minivit.inspection import cls_attention

MOST_IMAGES, MOST_HEADS = 6, 12
TOP, BOTTOM, SIDE = 0.8, 0.7, 1.2  # inches


def heads_figure(
    seen: Subject, path: str | Path, *, block: int | None = None, software: str = "minivit"
) -> None:
    """A row for each image: the image, then what each head of a block takes from each patch.

    `block` is its number, None the last one's. All tiles have one scale.

    Raises OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    block = c.depth - 1 if block is None else block
    layers = cls_attention(seen.model, seen.images)
    layer = (block + 1) * (layers.shape[1] // c.depth) - 1  # an axial block has two
    attention = layers[:, layer, :MOST_HEADS]
    n, heads = attention.shape[:2]
    most = max(float(np.percentile(attention, 99)), 2 / c.tokens)
    figure, grid = tile_sheet(n, heads + 1, c.image, SIDE, lines=seen.lines, top=TOP, bottom=BOTTOM)
    for i in range(n):
        picture_tile(grid[i, 0], seen.pictures[i], seen.caption(i, SIDE))
        for head in range(heads):
            title = f"head {head + 1}" if i == 0 else ""
            strength = np.sqrt(attention[i, head] / most)
            marked_tile(grid[i, head + 1], seen.pictures[i], strength, title)
    who = "the cls token takes" if c.pool == "cls" else "the tokens take, on average,"
    part = f" (the first {heads} of {c.heads})" if heads < c.heads else ""
    what = "the last block" if block == c.depth - 1 else "a block"
    half = "the second half of " if c.axial else ""
    heading(
        figure, "Where each head looks",
        f"What {who} from each patch in {half}{what}, blocks.{block}, head by head{part}",
    )  # fmt: skip
    marker_scale(figure, scale_place(figure, 0.05), "share of the attention", most=most)
    save_figure(figure, path, software=software)

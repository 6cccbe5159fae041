"""Where each head of the last block looks, image by image."""

from pathlib import Path

import numpy as np

from minivit.figures.saving import new_figure, save_figure
from minivit.figures.subject import Subject
from minivit.figures.tiles import heading, marked_tile, marker_scale, picture_tile
from minivit.inspection import cls_attention

MOST_IMAGES, MOST_HEADS = 6, 12
TOP, BOTTOM, TILE = 1.2, 0.7, 1.15  # inches


def heads_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """A row for each image: the image, then what each head takes from each patch.

    All tiles have one scale. Raises OSError when `path` can't be written.
    """
    seen, c = seen.first(MOST_IMAGES), seen.model.config
    attention = cls_attention(seen.model, seen.images)[:, -1, :MOST_HEADS]
    n, heads = attention.shape[:2]
    most = max(float(np.percentile(attention, 99)), 2 / c.tokens)
    row = TILE * max(0.6, c.image[0] / c.image[1]) + 0.35
    figure = new_figure(max(7.5, (heads + 1) * TILE + 0.3), TOP + n * row + BOTTOM)
    grid = figure.subplots(n, heads + 1, squeeze=False)
    for i in range(n):
        picture_tile(grid[i, 0], seen.pictures[i], seen.caption(i))
        for head in range(heads):
            title = f"head {head + 1}" if i == 0 else ""
            strength = np.sqrt(attention[i, head] / most)
            marked_tile(grid[i, head + 1], seen.pictures[i], strength, title)
    who = "the cls token takes" if c.pool == "cls" else "the tokens take, on average,"
    part = f" (the first {heads} of {c.heads})" if heads < c.heads else ""
    heading(
        figure, "Where each head looks",
        f"What {who} from each patch in the last block, blocks.{c.depth - 1}, head by head{part}",
        top=TOP,
    )  # fmt: skip
    height = figure.get_size_inches()[1]
    figure.subplots_adjust(left=0.02, right=0.98, bottom=BOTTOM / height, wspace=0.08, hspace=0.42)
    place = figure.add_axes((0.05, 0.42 / height, 0.3, 0.1 / height))
    marker_scale(figure, place, "share of the attention that a patch gets", most=most)
    save_figure(figure, path, software=software)

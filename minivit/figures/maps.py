"""What each layer makes of an image: how strong its answer is, place by place."""

from pathlib import Path

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
    tile_sheet,
)
from minivit.inspection import layer_maps

MOST_IMAGES, MOST_LAYERS = 6, 9
TOP, BOTTOM, SIDE = 0.95, 0.75, 1.2  # inches


def maps_figure(seen: Subject, path: str | Path, *, software: str = "minivit") -> None:
    """A row for each image: the image, then the root mean square of each layer's channels.

    Of many layers some are shown, as far apart as can be. Raises OSError when `path` can't be
    written.
    """
    seen = seen.first(MOST_IMAGES)
    maps = layer_maps(seen.model, seen.images)
    chosen = some_of(list(maps), MOST_LAYERS)
    n = len(seen.images)
    figure, grid = tile_sheet(n, len(chosen) + 1, seen.model.config.image, SIDE,
                              lines=max(seen.lines, 2), top=TOP, bottom=BOTTOM)  # fmt: skip
    for i in range(n):
        picture_tile(grid[i, 0], seen.pictures[i], seen.caption(i, SIDE))
        for axes, name in zip(grid[i, 1:], chosen, strict=True):
            strength = np.sqrt(np.square(maps[name][i].astype(np.float64)).mean(axis=-1))
            title = short(name) if i == 0 else ""
            marked_tile(axes, seen.pictures[i], between(strength), title)
            below(axes, f"{strength.min():.2g} to {strength.max():.2g}")
    heading(
        figure, "What each layer makes of it",
        "The root mean square of a layer's channels in each place of its map, and from what to "
        f"what it goes; {len(chosen)} of {len(maps)} layers.",
    )  # fmt: skip
    marker_scale(figure, scale_place(figure, 0.05), "each map on its own scale")
    save_figure(figure, path, software=software)


def some_of(names: list[str], most: int) -> list[str]:
    """At most so many, from the first to the last."""
    if len(names) <= most:
        return names
    return [names[i * (len(names) - 1) // (most - 1)] for i in range(most)]


def short(name: str) -> str:
    """The name of a layer above its column, in two lines."""
    parts = name.split(".")
    words = {"root": "root", "blocks": f"block {parts[1]}", "stages": f"stage {parts[1]}"}
    first = words.get(parts[0], "tokens")
    second = {"blocks": parts[-2], "stages": f"unit {parts[3]}" if len(parts) > 3 else "",
              "root": parts[1]}.get(parts[0], "in front")  # fmt: skip
    return f"{first}\n{second.replace('_', ' ')}"

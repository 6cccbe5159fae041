"""Tiles of a matplotlib figure: an image, an image under the marker, a map with a sign.

The marker's colours go from light to dark and so can be told apart without their hue; maps with a
sign go from blue over white to orange, with white at 0.
"""

import textwrap

import numpy as np

from minivit.figures.look import INK, QUIET
from minivit.figures.paper import FRAME, ON_INK, ON_PAPER, colours, marked
from minivit.figures.saving import new_figure
from minivit.figures.subject import POINTS

SMALL, TITLE = POINTS, 12.5  # points
LINE, LETTER = 0.135, 0.065  # inches: how high a small line is, how wide a letter below the title
MARGIN, GAP, LEAST_WIDTH = 0.25, 0.12, 8.0  # inches
MANY = 500  # numbers in a map of pixels; of patches, each counts
LARGE = 150  # pixels of a side
FLATTEST, HIGHEST = 0.4, 2.0  # tiles, beside their width
# From what speaks against to what speaks for; the two ends are equally dark.
SIGNED = ("#0b4a8f", "#5b9bd5", "#cfe3f5", "#ffffff", "#fbdcbb", "#e58a2f", "#8f4a00")
MAP = "viridis"


def tile_sheet(
    rows: int, columns: int, image: tuple[int, int], side: float, *, lines: int, top: float,
    bottom: float,
):  # fmt: skip
    """A figure and its axes (rows, columns): tiles `side` inches wide, as high as the image asks.

    There is room for so many lines above each tile and one below it, and for `top` and `bottom`
    inches at the figure's edges.
    """
    tile = side * min(max(image[0] / image[1], FLATTEST), HIGHEST)
    above, below = 0.08 + LINE * lines, 0.06 + 1.3 * LINE
    right = MARGIN + columns * side + (columns - 1) * GAP
    width = max(LEAST_WIDTH, right + MARGIN)
    height = top + rows * (above + tile + below) + bottom
    figure = new_figure(width, height)
    grid = figure.subplots(rows, columns, squeeze=False)
    figure.subplots_adjust(
        left=MARGIN / width, right=right / width, top=1 - (top + above) / height,
        bottom=(bottom + below) / height, wspace=GAP / side, hspace=(above + below) / tile,
    )  # fmt: skip
    return figure, grid


def picture_tile(axes, picture: np.ndarray, title: str = "") -> None:
    """An image (height, width) or (height, width, 3) in [0, 1]."""
    grey = {} if picture.ndim == 3 else {"cmap": "gray", "vmin": 0, "vmax": 1}
    axes.imshow(picture, interpolation=how(picture), **grey)
    bare(axes, title)


def marked_tile(axes, picture: np.ndarray, strength: np.ndarray, title: str = "") -> None:
    """An image's greys under the marker: strength (rows, columns), from 0 to 1."""
    image = np.clip(marked(picture, strength), 0, 1)
    axes.imshow(image, interpolation=how(image))
    bare(axes, title)


def signed_tile(axes, values: np.ndarray, image: tuple[int, int], title: str = "") -> None:
    """A map (rows, columns) with a sign, as large as the image; its scale is its own, 0 in the
    middle.
    """
    most, (height, width) = most_of(np.abs(values)) or 1.0, image
    axes.imshow(values, cmap=signed_colours(), vmin=-most, vmax=most, interpolation=how(values),
                extent=(0, width, height, 0))  # fmt: skip
    bare(axes, title)


def how(image: np.ndarray) -> str:
    """Pixels stay square where they are large, and are averaged where they have no room."""
    return "nearest" if max(image.shape[:2]) < LARGE else "antialiased"


def bare(axes, title: str) -> None:
    """A thin frame and a title, but no ticks."""
    axes.set(xticks=[], yticks=[])
    for spine in axes.spines.values():
        spine.set(color=FRAME, linewidth=0.8)
    if title:
        axes.set_title(title, fontsize=SMALL, color=INK, pad=3)


def below(axes, line: str) -> None:
    """A short line below a tile."""
    axes.set_xlabel(line, fontsize=SMALL, color=QUIET, labelpad=2)


def between(values: np.ndarray) -> np.ndarray:
    """A map from its least value, 0, to its largest, 1; 0 everywhere if they are the same."""
    least, most = float(values.min()), most_of(values)
    if most <= least:
        return np.zeros_like(values)
    return np.clip((values - least) / (most - least), 0, 1)


def most_of(values: np.ndarray) -> float:
    """The value of a map's strongest colour: a few pixels of many may lie beyond it."""
    return float(np.percentile(values, 99) if values.size > MANY else values.max())


def signed_colours():
    """SIGNED as a matplotlib colour map."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", SIGNED)


def marker_scale(figure, place, label: str, *, most: float | None = None) -> None:
    """The marker's colours in the axes `place`, on light and on dark; from a map's least to its
    largest, or where shares are shown, to the share `most`: colours go with the root of it.
    """
    axes, strength = figure.add_axes(place), np.linspace(0, 1, 256)
    axes.imshow([colours(ON_PAPER, strength), colours(ON_INK, strength)], aspect="auto",
                extent=(0, 1, 0, 1), interpolation="nearest")  # fmt: skip
    bare(axes, "")
    if most is None:
        axes.set_xticks([0, 1], ["least", "most"])
    else:
        axes.set_xticks([0, 0.5, 1], ["0", f"{most / 4:.1%}", f"{most:.1%} or more"])
    axes.tick_params(labelsize=SMALL, colors=INK, length=2)
    axes.set_xlabel(f"{label}; above on light, below on dark", fontsize=SMALL, color=INK)


def scale_place(figure, left: float) -> tuple[float, float, float, float]:
    """Where a scale stands below the tiles, from `left` on, a part of the figure's width."""
    width, height = figure.get_size_inches()
    return left, 0.42 / height, 2.9 / width, 0.16 / height


def sign_scale(figure, place, label: str) -> None:
    """The colours of the maps with a sign, in the axes `place`."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    mappable = ScalarMappable(Normalize(-1, 1), signed_colours())
    bar = figure.colorbar(mappable, cax=figure.add_axes(place), orientation="horizontal")
    bar.set_label(label, fontsize=SMALL, color=INK)
    bar.set_ticks([-1, 0, 1], labels=["speaks against", "0", "speaks for the class"])
    finish_bar(bar)


def finish_bar(bar) -> None:
    """A colour bar's numbers, small, and its frame, thin."""
    bar.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    bar.outline.set(linewidth=0.6, edgecolor=FRAME)


def heading(figure, title: str, text: str = "") -> None:
    """The title of a figure, and below it what is shown, in as many lines as it takes."""
    width, height = figure.get_size_inches()
    figure.text(MARGIN / width, 1 - 0.28 / height, title, fontsize=TITLE, color=INK,
                fontweight="bold", va="center")  # fmt: skip
    room = int((width - 2 * MARGIN) / LETTER)
    lines = "\n".join(textwrap.fill(part, room) for part in text.split("\n"))
    figure.text(MARGIN / width, 1 - 0.46 / height, lines, fontsize=SMALL + 1, color=QUIET,
                va="top", linespacing=1.35)  # fmt: skip

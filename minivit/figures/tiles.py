"""Tiles of a matplotlib figure: an image, an image under the marker, a map with a sign.

The marker's colours go from light to dark and so can be told apart without their hue; maps with a
sign go from blue over white to orange, with white at 0.
"""

import numpy as np

from minivit.figures.look import INK, QUIET
from minivit.figures.paper import FRAME, ON_PAPER, colours, marked

SMALL, TITLE = 8, 12.5  # points
# From what speaks against to what speaks for; the two ends are equally dark.
SIGNED = ("#0b4a8f", "#5b9bd5", "#cfe3f5", "#ffffff", "#fbdcbb", "#e58a2f", "#8f4a00")
MAP = "viridis"


def picture_tile(axes, picture: np.ndarray, title: str = "") -> None:
    """An image (height, width) or (height, width, 3) in [0, 1]."""
    grey = {} if picture.ndim == 3 else {"cmap": "gray", "vmin": 0, "vmax": 1}
    axes.imshow(picture, interpolation="nearest", **grey)
    bare(axes, title)


def marked_tile(axes, picture: np.ndarray, strength: np.ndarray, title: str = "") -> None:
    """An image's greys under the marker: strength (rows, columns), from 0 to 1."""
    axes.imshow(np.clip(marked(picture, strength), 0, 1), interpolation="nearest")
    bare(axes, title)


def signed_tile(axes, values: np.ndarray, title: str = "") -> None:
    """A map (rows, columns) with a sign; the scale is its own, with 0 in the middle."""
    most = float(np.abs(values).max()) or 1.0
    axes.imshow(values, cmap=signed_colours(), vmin=-most, vmax=most, interpolation="nearest")
    bare(axes, title)


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
    least, most = values.min(), values.max()
    return (values - least) / (most - least) if most > least else np.zeros_like(values)


def signed_colours():
    """SIGNED as a matplotlib colour map."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("signed", SIGNED)


def marker_scale(figure, place, label: str, *, most: float | None = None) -> None:
    """A colour bar of the marker in the axes `place`; None: from a map's least to its largest.

    Where a share is shown, `most` is that of the last colour, and colours go with the root of it.
    """
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize, PowerNorm

    ramp = ListedColormap(colours(ON_PAPER, np.linspace(0, 1, 256)))
    norm = Normalize(0, 1) if most is None else PowerNorm(0.5, 0, most)
    bar = figure.colorbar(ScalarMappable(norm, ramp), cax=place, orientation="horizontal")
    bar.set_label(label, fontsize=SMALL, color=INK)
    if most is None:
        bar.set_ticks([0, 1], labels=["least", "most"])
    else:
        bar.set_ticks([0, most / 4, most], labels=["0", f"{most / 4:.1%}", f"{most:.1%} or more"])
    finish_bar(bar)


def sign_scale(figure, place, label: str) -> None:
    """A colour bar of the maps with a sign in the axes `place`."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    mappable = ScalarMappable(Normalize(-1, 1), signed_colours())
    bar = figure.colorbar(mappable, cax=place, orientation="horizontal")
    bar.set_label(label, fontsize=SMALL, color=INK)
    bar.set_ticks([-1, 0, 1], labels=["speaks against", "0", "speaks for the class"])
    finish_bar(bar)


def finish_bar(bar) -> None:
    """A colour bar's numbers, small, and its frame, thin."""
    bar.ax.tick_params(labelsize=SMALL, colors=INK, length=2)
    bar.outline.set(linewidth=0.6, edgecolor=FRAME)


def heading(figure, title: str, text: str = "", *, top: float) -> None:
    """The title of a figure that is `top` inches high above its tiles, and what it shows."""
    height = figure.get_size_inches()[1]
    figure.text(0.02, 1 - 0.28 / height, title, fontsize=TITLE, color=INK, fontweight="bold",
                va="center")  # fmt: skip
    if text:
        figure.text(0.02, 1 - 0.46 / height, text, fontsize=SMALL + 1, color=QUIET, va="top",
                    linespacing=1.35)  # fmt: skip
    figure.subplots_adjust(top=1 - top / height)

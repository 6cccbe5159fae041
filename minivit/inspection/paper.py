"""A sheet of paper to draw on, measured in inches from its top left corner.

Images are drawn like ink on paper, and attention like a marker pen over it: it colours the paper
and, darker, the ink, so that strokes can be told from gaps under every colour.
"""

from pathlib import Path

import numpy as np

from minivit.inspection.pictures import INK, QUIET, new_figure, save_png

# From no attention to the most.
ON_PAPER = ("#ffffff", "#fff0b3", "#ffd34d", "#ff9b3d", "#ff5a36")
ON_INK = ("#8b9098", "#97845a", "#b06f00", "#b34700", "#8a0f00")


class Paper:
    """A figure of `width` x `height` inches; `most` is the attention of the reddest red."""

    def __init__(self, width: float, height: float, most: float):
        self.figure = new_figure(width, height)
        self.width, self.height, self.most = width, height, most

    def text(self, x: float, y: float, words: str, size: float = 10, **style) -> None:
        """Words that stand on the line y."""
        style = {"color": INK, "va": "baseline"} | style
        self.figure.text(x / self.width, 1 - y / self.height, words, fontsize=size, **style)

    def axes(self, x: float, y: float, width: float, height: float):
        """Empty axes with a thin frame, whose top left corner is (x, y)."""
        bottom = 1 - (y + height) / self.height
        place = (x / self.width, bottom, width / self.width, height / self.height)
        axes = self.figure.add_axes(place, xticks=[], yticks=[])
        for spine in axes.spines.values():
            spine.set(color="#b8b8b8", linewidth=0.8)
        return axes

    def tile(self, x, y, width, height, grey: np.ndarray, attention=None) -> None:
        """An image grey (height, width), and over it attention (rows, columns) if it is given."""
        light = grey[..., None]
        if attention is None:
            picture = light.repeat(3, axis=2)
        else:
            patch = np.ones([g // a for g, a in zip(grey.shape, attention.shape, strict=True)])
            strength = np.kron(np.sqrt(attention / self.most), patch)  # (height, width)
            picture = light * colours(ON_PAPER)(strength)[..., :3]
            picture += (1 - light) * colours(ON_INK)(strength)[..., :3]
        self.axes(x, y, width, height).imshow(picture, aspect="auto", interpolation="nearest")

    def scale(self, x, y, width, height, even: float) -> None:
        """The colours and what they mean; `even` is what each token would get if all got the same.

        Strength goes with the root of the share, so that small shares can be seen too.
        """
        last = "100%" if self.most > 0.995 else f"{self.most:.0%}\nor more"
        axes = self.axes(x, y, width, height)
        axes.imshow(np.linspace(0, 1, 256)[None], aspect="auto", cmap=colours(ON_PAPER),
                    extent=(0, 1, 0, 1))  # fmt: skip
        axes.set_xticks(
            (0, (even / self.most) ** 0.5, 1),
            ("0", f"{even:.1%}\neven share", last),
            fontsize=9,
            color=QUIET,
        )
        axes.tick_params(length=3, color=QUIET, pad=2)

    def save(self, path: str | Path) -> None:
        save_png(self.figure, path)


def colours(stops: tuple[str, ...]):
    """A map from 0..1 to colours that runs through the stops."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("marker", stops)

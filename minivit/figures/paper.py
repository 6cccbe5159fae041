"""A sheet of paper to draw on, measured in inches from its top left corner.

Images are drawn like ink on paper, and attention like a marker pen over it: it colours the paper
and, darker, the ink, so that strokes can be told from gaps under every colour.

Everything is drawn by Pillow with its own font, so that it looks the same on every machine.
"""

import unicodedata
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from minivit.figures.look import DPI, INK, QUIET
from minivit.files import replacing

FINE = 2  # the sheet is drawn so many times larger, then reduced: letters become smoother
ANCHORS = {"left": "ls", "center": "ms", "right": "rs"}  # "s": the words stand on the line
FRAME = "#b8b8b8"
SMALLEST = 7.0  # points; words that have no room even then are cut
# From no attention to the most.
ON_PAPER = ("#ffffff", "#fff0b3", "#ffd34d", "#ff9b3d", "#ff5a36")
ON_INK = ("#8b9098", "#97845a", "#b06f00", "#b34700", "#8a0f00")


class Paper:
    """A sheet of `width` x `height` inches; `most` is the attention of the reddest red."""

    def __init__(self, width: float, height: float, most: float):
        self.sheet = Image.new("RGB", (pixels(width), pixels(height)), "white")
        self.draw = ImageDraw.Draw(self.sheet)
        self.most = most

    def text(self, x, y, words: str, size: float = 10, *, align: str = "left", color: str = INK,
             bold: bool = False, room: float | None = None) -> None:  # fmt: skip
        """Words of `size` points that stand on the line y, made to fit into `room` inches."""
        # Pillow's font has no bold face: a thin outline of the same colour thickens the letters.
        stroke = max(1, round(size * FINE / 20)) if bold else 0
        words = plain(words)
        if room is not None:
            words, size = fitting(words, size, room - 2 * stroke / (DPI * FINE))
        self.draw.text((pixels(x), pixels(y)), words, color, font_of(size), ANCHORS[align],
                       stroke_width=stroke)  # fmt: skip

    def frame(self, x, y, width, height, picture: np.ndarray) -> None:
        """A picture (rows, columns, 3) in [0, 1] with a thin frame, its top left corner at (x, y).

        Box sampling keeps the pixels of a small picture square, and averages those of a large one.
        """
        left, top, right, bottom = pixels(x), pixels(y), pixels(x + width), pixels(y + height)
        image = Image.fromarray(np.uint8(np.rint(255 * picture)))
        size = (max(right - left, 1), max(bottom - top, 1))
        self.sheet.paste(image.resize(size, Image.Resampling.BOX), (left, top))
        around = (left - FINE, top - FINE, right + FINE - 1, bottom + FINE - 1)
        self.draw.rectangle(around, outline=FRAME, width=FINE)

    def tile(self, x, y, width, height, image: np.ndarray, attention=None) -> None:
        """An image (height, width), or (height, width, 3) in colour; or attention (rows, columns)
        over its greys, if it is given.
        """
        if attention is None:
            light = image if image.ndim == 3 else image[..., None]
            picture = np.broadcast_to(light, (*image.shape[:2], 3))
        else:
            picture = marked(image, np.sqrt(attention / self.most))
        self.frame(x, y, width, height, picture)

    def scale(self, x, y, width, height, even: float) -> None:
        """The colours and what they mean; `even` is the share of a token if all get the same.

        Strength goes with the root of the share, so that small shares can be seen too.
        """
        self.frame(x, y, width, height, colours(ON_PAPER, np.linspace(0, 1, 256)[None]))
        last = ("100%",) if self.most > 0.995 else (f"{self.most:.0%}", "or more")
        middle = (f"{even:.1%}", "even share")
        mark, end = x + width * (even / self.most) ** 0.5, x + width
        # The words in the middle stand below their mark, as far as those at the ends leave room.
        half = max(length(word, 9.5) for word in middle) / 2 + 0.08
        least = x + length("0", 9.5) + half
        most = end - max(length(word, 9.5) for word in last) - half
        below = y + height
        for place in (x, mark, end):
            self.draw.line((pixels(place), pixels(below), pixels(place), pixels(below + 0.04)),
                           QUIET, FINE)  # fmt: skip
        centre = min(max(mark, least), most)
        ends = ((("0",), x, "left"), (middle, centre, "center"), (last, end, "right"))
        for words, place, align in ends:
            for i, line in enumerate(words):
                y = below + 0.19 + 0.16 * i
                self.text(place, y, line, 9.5, align=align, color=QUIET)

    def save(self, path: str | Path) -> None:
        """Write a PNG file whole or not at all; OSError when it can't be written."""
        image = self.sheet.reduce(FINE)
        with replacing(path) as partial:  # its name ends in .partial, hence the format
            image.save(partial, format="PNG", optimize=True, dpi=(DPI, DPI))


def marked(image: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """An image's greys under the marker: image (height, width) or (height, width, 3), strength
    (rows, columns) from 0 to 1 -> (height, width, 3).
    """
    light = (image if image.ndim == 3 else image[..., None]).mean(axis=2, keepdims=True)
    # Patches that overlap share the image out among them.
    sides = zip(image.shape[:2], strength.shape, strict=True)
    patch_of = [np.arange(pixels) * patches // pixels for pixels, patches in sides]
    strength = strength[np.ix_(*patch_of)]  # (height, width)
    return light * colours(ON_PAPER, strength) + (1 - light) * colours(ON_INK, strength)


def pixels(inches: float) -> int:
    """Inches in pixels of the sheet; whole after it is reduced too, so that lines stay sharp."""
    return round(inches * DPI) * FINE


@lru_cache
def font_of(size: float) -> ImageFont.FreeTypeFont:
    """Pillow's own font, `size` in points of 1/72 inch."""
    return ImageFont.load_default(size / 72 * DPI * FINE)


def length(words: str, size: float) -> float:
    """How long words of `size` points are, in inches."""
    return font_of(size).getlength(plain(words)) / (DPI * FINE)


def plain(words: str) -> str:
    """The words in ASCII, all that the font has: accents dropped, "?" for a foreign letter."""
    letters = unicodedata.normalize("NFKD", " ".join(words.split()))
    kept = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return kept.encode("ascii", "replace").decode("ascii")


def fitting(words: str, size: float, room: float) -> tuple[str, float]:
    """The words and the size that fit into `room` inches: smaller, and then cut at their end."""
    if length(words, size) > room:
        size = max(SMALLEST, np.floor(10 * size * room / length(words, size)) / 10)
    kept = len(words)
    while length(words, size) > room and kept:
        kept -= 1
        words = words[:kept].rstrip(" .") + "..."
    return words, size


def colours(stops: tuple[str, ...], strength: np.ndarray) -> np.ndarray:
    """strength (rows, columns), 0 to 1 -> (rows, columns, 3), through the stops; 1 is the last."""
    ends = np.linspace(0, 1, len(stops))
    channels = np.array([ImageColor.getrgb(stop) for stop in stops]).T / 255  # (3, stops)
    return np.stack([np.interp(strength, ends, channel) for channel in channels], axis=-1)

"""The picture of where a model looks: images read right, head by head, and images read wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.figures.look import QUIET
from minivit.figures.paper import Paper, length
from minivit.inspection import cls_attention
from minivit.models import ViT

MOST_CLASSES, MOST_MISTAKES, MOST_HEADS = 10, 10, 12
SIDE_BY_SIDE = 4  # with so many heads or fewer, two images stand beside each other
PAIRS = 5  # mistakes in a line, two tiles each
# Inches: the paper's width and margins, room for class names, and the heights of the lines.
WIDTH, MARGIN, GAP, LEAST_NAME, MOST_NAME, BEFORE_TILE = 12.0, 0.3, 0.09, 0.75, 1.4, 0.12
HEADING, COLUMN_TITLE, SECTION, MISTAKE_TITLE = 1.55, 0.3, 0.8, 0.44
LARGEST_TILE, LEAST_LINE, SCALE = 1.05, 0.4, 2.6


class Shown(NamedTuple):
    """What is drawn of one image."""

    picture: np.ndarray  # (height, width) in [0, 1], dark strokes on light paper, or (..., 3)
    attention: np.ndarray  # (H, rows, columns), of the last block
    label: int
    probabilities: np.ndarray  # (C,)


def attention_picture(
    model: ViT, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, path: str | Path
) -> None:
    """Draw where the cls token attends in the last block into a PNG file.

    images (n, height, width, channels), labels (n,), probabilities (n, C) that the model gives to
    them. Above, the first image of each class that was read right, with a tile per head;
    below, those that were read wrong, the surest first, with the mean of the heads.

    Raises InputError without images or blocks, OSError when `path` can't be written.
    """
    if not len(images) or not model.config.depth:
        lack = "there are no images" if not len(images) else "the model has no blocks"
        raise InputError(f"{lack}: there is no attention to draw")
    right, wrong = choose(labels, probabilities)
    chosen = np.concatenate([right, wrong])
    attention = cls_attention(model, images[chosen])[:, -1, :MOST_HEADS]
    pictures = as_pictures(images[chosen], model.preprocessing)
    parts = zip(pictures, attention, labels[chosen], probabilities[chosen], strict=True)
    shown = [Shown(*one) for one in parts]
    picture = Picture(model, shown[: len(right)], shown[len(right) :])
    mistakes = int((probabilities.argmax(axis=1) != labels).sum())
    picture.heading()
    picture.read_right()
    picture.read_wrong(mistakes, len(images))
    picture.paper.save(path)


def choose(labels: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the first right image of each class, and of the mistakes, the surest first."""
    predictions = probabilities.argmax(axis=1)
    is_right = np.flatnonzero(predictions == labels)
    _, first = np.unique(labels[is_right], return_index=True)
    wrong = np.flatnonzero(predictions != labels)
    surest_first = np.argsort(-probabilities[wrong, predictions[wrong]], kind="stable")
    return is_right[first][:MOST_CLASSES], wrong[surest_first][:MOST_MISTAKES]


def as_pictures(images: np.ndarray, preprocessing: dict) -> np.ndarray:
    """images (n, height, width, channels) -> (n, height, width, 3) if in colour, else ink."""
    if images.shape[-1] != 3:
        return as_ink(images, preprocessing)
    channels = [as_ink(images[..., c, None], of_channel(preprocessing, c)) for c in range(3)]
    return np.stack(channels, axis=-1)


def of_channel(preprocessing: dict, channel: int) -> dict:
    """The same, where black and white may be told for each channel, for one of them."""
    levels = {name: preprocessing.get(name) for name in ("low", "high")}
    return preprocessing | {n: v[channel] for n, v in levels.items() if isinstance(v, list)}


def as_ink(images: np.ndarray, preprocessing: dict) -> np.ndarray:
    """images (n, height, width, channels) -> (n, height, width) in [0, 1], dark ink on light."""
    images = np.asarray(images, np.float64)
    grey = images.mean(axis=-1)
    low = np.asarray(preprocessing.get("low", grey.min()))  # or one for each channel
    high = np.asarray(preprocessing.get("high", grey.max()))
    grey = np.clip(((images - low) / np.maximum(high - low, 1e-12)).mean(axis=-1), 0, 1)
    return 1 - grey if preprocessing.get("ink") == "bright" else grey


class Picture:
    """Where everything stands: measured first, then drawn section by section."""

    def __init__(self, model: ViT, right: Sequence[Shown], wrong: Sequence[Shown]):
        c = model.config
        self.config, self.names, self.right, self.wrong = c, model.class_names, right, wrong
        self.has_strokes = model.preprocessing.get("ink", "bright") == "bright"
        attention = np.stack([one.attention for one in (*right, *wrong)])
        self.heads = attention.shape[1]
        self.groups = 2 if self.heads <= SIDE_BY_SIDE else 1
        columns = self.groups * (1 + self.heads)
        names = [self.names[one.label] for one in right] or [""]
        self.name_size = 19 if max(map(len, names)) < 3 else 11
        longest = max(length(name, self.name_size) for name in names) + 0.05  # bold is wider
        self.name = min(max(longest + BEFORE_TILE, LEAST_NAME), MOST_NAME)
        room = WIDTH - 2 * MARGIN - self.groups * (self.name - GAP)
        self.width = min(LARGEST_TILE, room / columns - GAP)  # of a tile
        self.height = self.width * c.image[0] / c.image[1]
        self.line = max(self.height, LEAST_LINE) + GAP  # height of a line in `read_right`
        right_lines, wrong_lines = -(-len(right) // self.groups), -(-len(wrong) // PAIRS)
        self.section = HEADING + COLUMN_TITLE + right_lines * self.line + SECTION
        height = self.section + wrong_lines * (MISTAKE_TITLE + self.height + 2 * GAP) + MARGIN
        # One scale for all tiles. A few patches may lie beyond it, so that the rest can be seen.
        self.even = 1 / c.tokens
        most = max(float(np.percentile(attention, 99)), 2 * self.even)
        self.paper = Paper(WIDTH, height, most)

    def heading(self) -> None:
        """The title, how to read the picture, and the scale."""
        block, heads = f"blocks.{self.config.depth - 1}", self.config.heads
        who = "the cls token takes" if self.config.pool == "cls" else "the tokens take"
        part = f" (the first {self.heads} of {heads} are shown)" if heads > self.heads else ""
        image = "the ink" if self.has_strokes else "in grey"
        self.paper.text(MARGIN, 0.48, "Where the model looks", 21, bold=True)
        lines = (
            f"The image is {image}, attention the marker: the redder a patch, the more {who}",
            f"from it in the last block, {block}. Each head looks in its own way{part}.",
            "Below a class stands the probability that the model gives it.",
        )
        for i, line in enumerate(lines):
            self.paper.text(MARGIN, 0.8 + 0.24 * i, line, 12)
        x = WIDTH - MARGIN - SCALE
        self.paper.text(x, 0.38, "share of the attention that a patch gets", 10.5)
        self.paper.scale(x, 0.48, SCALE, 0.17, self.even)

    def read_right(self) -> None:
        """A line per image: class and probability, the image, and a tile per head."""
        for n, one in enumerate(self.right):
            group, line = divmod(n, -(-len(self.right) // self.groups))
            middle = HEADING + COLUMN_TITLE + line * self.line + (self.line - GAP) / 2
            y = middle - self.height / 2
            titles = ("image", *(f"head {h + 1}" for h in range(self.heads)))
            for column, title in enumerate(titles):
                x = self.left_edge(group, column)
                if line == 0:
                    above = HEADING + COLUMN_TITLE - 0.08
                    centre = x + self.width / 2
                    self.paper.text(centre, above, title, 10, color=QUIET, align="center")
                attention = one.attention[column - 1] if column else None
                self.paper.tile(x, y, self.width, self.height, one.picture, attention)
            x, name = self.left_edge(group, 0) - BEFORE_TILE, self.names[one.label]
            room, chance = self.name - BEFORE_TILE, f"{one.probabilities[one.label]:.0%}"
            self.paper.text(x, middle + 0.03, name, self.name_size, align="right", bold=True,
                            room=room)  # fmt: skip
            self.paper.text(x, middle + 0.2, chance, 10, align="right", color=QUIET)

    def left_edge(self, group: int, column: int) -> float:
        """The left edge of a tile in `read_right`; a second group ends at the right margin."""
        group_width = self.name + (1 + self.heads) * (self.width + GAP) - GAP
        start = MARGIN if group == 0 else WIDTH - MARGIN - group_width
        return start + self.name + column * (self.width + GAP)

    def read_wrong(self, mistakes: int, images: int) -> None:
        """The mistakes, each as the image and the mean of its heads."""
        y = self.section - SECTION + 0.48
        if not mistakes:
            self.paper.text(MARGIN, y, f"All {images} images were read right", 15)
            return
        self.paper.text(MARGIN, y, f"Read wrong: {mistakes} of {images}", 15, bold=True)
        some = f"the {len(self.wrong)} surest mistakes" if len(self.wrong) < mistakes else "each"
        note = f"{some}: the image, and the mean of its heads"
        self.paper.text(WIDTH - MARGIN, y, note, 10.5, color=QUIET, align="right")
        for n, one in enumerate(self.wrong):
            line, pair = divmod(n, PAIRS)
            x = MARGIN + pair * (WIDTH - 2 * MARGIN) / PAIRS
            y = self.section + line * (MISTAKE_TITLE + self.height + 2 * GAP)
            self.mistake(x, y, one)

    def mistake(self, x: float, y: float, one: Shown) -> None:
        said, chances = int(one.probabilities.argmax()), one.probabilities
        right, wrong = self.names[one.label], self.names[said]
        room = (WIDTH - 2 * MARGIN) / PAIRS - 2 * GAP
        self.paper.text(x, y + 0.14, f"{right} read as {wrong}", 12, bold=True, room=room)
        both = f"{wrong}: {chances[said]:.0%}, {right}: {chances[one.label]:.0%}"
        self.paper.text(x, y + 0.34, both, 10, color=QUIET, room=room)
        y += MISTAKE_TITLE
        self.paper.tile(x, y, self.width, self.height, one.picture)
        mean = one.attention.mean(axis=0)
        self.paper.tile(x + self.width + GAP, y, self.width, self.height, one.picture, mean)

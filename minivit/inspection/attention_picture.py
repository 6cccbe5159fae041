"""The picture of where a model looks: images read right, head by head, and those read wrong."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from minivit.errors import InputError
from minivit.inspection.attention import cls_attention
from minivit.inspection.paper import Paper
from minivit.inspection.pictures import QUIET
from minivit.models import ViT

MOST_CLASSES, MOST_MISTAKES, MOST_HEADS = 10, 10, 12
SIDE_BY_SIDE = 4  # up to so many heads, two images stand beside each other
PAIRS = 5  # mistakes in a line, two tiles each
# Inches: the paper's width and margins, room for a class name, and the heights of the lines.
WIDTH, MARGIN, NAME, GAP = 12.0, 0.3, 0.75, 0.09
HEADING, COLUMN_TITLE, SECTION, MISTAKE_TITLE = 1.5, 0.3, 0.75, 0.5
LARGEST_TILE, SCALE = 1.05, 2.6


class Shown(NamedTuple):
    """What is drawn of one image."""

    grey: np.ndarray  # (height, width) in [0, 1], dark strokes on light paper
    attention: np.ndarray  # (H, rows, columns), of the last block
    label: int
    probabilities: np.ndarray  # (C,)


def attention_picture(
    model: ViT, images: np.ndarray, labels: np.ndarray, probabilities: np.ndarray, path: str | Path
) -> None:
    """Draw where the cls token attends in the last block into a PNG file.

    images (n, height, width, channels), labels (n,), probabilities (n, C) that the model gives to
    them. Above, the first image of each class that was read right, with a tile a head; below,
    those that were read wrong, the surest first, with the mean of the heads.

    Raises InputError without images, blocks or matplotlib, OSError when `path` can't be written.
    """
    if not len(images) or not model.config.depth:
        lack = "there are no images" if not len(images) else "the model has no blocks"
        raise InputError(f"{lack}: there is no attention to draw")
    right, wrong = choose(labels, probabilities)
    chosen = np.concatenate([right, wrong])
    attention = cls_attention(model, images[chosen])[:, -1, :MOST_HEADS]
    greys = as_ink(images[chosen], model.preprocessing)
    parts = zip(greys, attention, labels[chosen], probabilities[chosen], strict=True)
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


def as_ink(images: np.ndarray, preprocessing: dict) -> np.ndarray:
    """images (n, height, width, channels) -> (n, height, width) in [0, 1], dark ink on light."""
    grey = np.asarray(images, np.float64).mean(axis=-1)
    low, high = preprocessing.get("low", grey.min()), preprocessing.get("high", grey.max())
    grey = np.clip((grey - low) / max(high - low, 1e-12), 0, 1)
    return 1 - grey if preprocessing.get("ink") == "bright" else grey


class Picture:
    """Where everything stands: measured first, then drawn section by section."""

    def __init__(self, model: ViT, right: Sequence[Shown], wrong: Sequence[Shown]):
        c = model.config
        self.config, self.names, self.right, self.wrong = c, model.class_names, right, wrong
        attention = np.stack([one.attention for one in (*right, *wrong)])
        self.heads = attention.shape[1]
        self.groups = 2 if self.heads <= SIDE_BY_SIDE else 1
        columns = self.groups * (1 + self.heads)
        room = WIDTH - 2 * MARGIN - self.groups * NAME
        self.width = min(LARGEST_TILE, room / columns - GAP)  # of a tile
        self.height = self.width * c.image[0] / c.image[1]
        right_lines, wrong_lines = -(-len(right) // self.groups), -(-len(wrong) // PAIRS)
        self.section = HEADING + COLUMN_TITLE + right_lines * (self.height + GAP) + SECTION
        height = self.section + wrong_lines * (self.height + MISTAKE_TITLE) + MARGIN
        # One scale for all tiles. A few patches may lie beyond it, so that the rest can be seen.
        self.even = 1 / c.tokens
        most = max(float(np.percentile(attention, 99)), 2 * self.even)
        self.paper = Paper(WIDTH, height, most)

    def heading(self) -> None:
        """The title, how to read the picture, and the scale."""
        block, heads = f"blocks.{self.config.depth - 1}", self.config.heads
        who = "the cls token takes" if self.config.pool == "cls" else "the tokens take"
        part = f" (the first {self.heads} of {heads} are shown)" if heads > self.heads else ""
        self.paper.text(MARGIN, 0.48, "Where the model looks", 19, fontweight="bold")
        lines = (
            f"The image is the ink, attention the marker: the redder a patch, the more {who}",
            f"from it in the last block, {block}. Each head looks in its own way{part}.",
            "Below a class stands the probability that the model gives it.",
        )
        for i, line in enumerate(lines):
            self.paper.text(MARGIN, 0.78 + 0.22 * i, line, 11)
        x = WIDTH - MARGIN - 0.2 - SCALE
        self.paper.text(x, 0.36, "share of the attention that a patch gets", 10)
        self.paper.scale(x, 0.46, SCALE, 0.17, self.even)

    def read_right(self) -> None:
        """A line an image: class and probability, the image, and a tile a head."""
        for n, one in enumerate(self.right):
            group, line = divmod(n, -(-len(self.right) // self.groups))
            y = HEADING + COLUMN_TITLE + line * (self.height + GAP)
            titles = ("image", *(f"head {h + 1}" for h in range(self.heads)))
            for column, title in enumerate(titles):
                x = self.left_edge(group, column)
                if line == 0:
                    middle = x + self.width / 2
                    self.paper.text(middle, y - 0.08, title, 9, color=QUIET, ha="center")
                attention = one.attention[column - 1] if column else None
                self.paper.tile(x, y, self.width, self.height, one.grey, attention)
            x, middle = self.left_edge(group, 0) - 0.12, y + self.height / 2
            name, probability = self.names[one.label], one.probabilities[one.label]
            size = 18 if len(name) < 3 else 10
            self.paper.text(x, middle + 0.02, name, size, ha="right", fontweight="bold")
            self.paper.text(x, middle + 0.2, f"{probability:.0%}", 9, ha="right", color=QUIET)

    def left_edge(self, group: int, column: int) -> float:
        """Of a tile in `read_right`; a second group ends at the right margin."""
        group_width = NAME + (1 + self.heads) * (self.width + GAP) - GAP
        start = MARGIN if group == 0 else WIDTH - MARGIN - group_width
        return start + NAME + column * (self.width + GAP)

    def read_wrong(self, mistakes: int, images: int) -> None:
        """The mistakes, each as the image and the mean of its heads."""
        y = self.section - SECTION + 0.45
        if not mistakes:
            self.paper.text(MARGIN, y, f"All {images} images were read right", 14)
            return
        self.paper.text(MARGIN, y, f"Read wrong: {mistakes} of {images}", 14, fontweight="bold")
        some = f"the {len(self.wrong)} surest mistakes" if len(self.wrong) < mistakes else "each"
        note = f"{some}: the image, and the mean of its heads"
        self.paper.text(WIDTH - MARGIN, y, note, 10, color=QUIET, ha="right")
        for n, one in enumerate(self.wrong):
            line, pair = divmod(n, PAIRS)
            x = MARGIN + pair * (WIDTH - 2 * MARGIN) / PAIRS
            y = self.section + line * (self.height + MISTAKE_TITLE)
            self.mistake(x, y, one)

    def mistake(self, x: float, y: float, one: Shown) -> None:
        said, chances = int(one.probabilities.argmax()), one.probabilities
        right, wrong = self.names[one.label], self.names[said]
        title = f"{right} read as {wrong}"
        self.paper.text(x, y + 0.14, title, 11 if len(title) < 20 else 8, fontweight="bold")
        both = f"{wrong} {chances[said]:.0%}, {right} {chances[one.label]:.0%}"
        self.paper.text(x, y + 0.32, both, 9, color=QUIET)
        y += MISTAKE_TITLE - 0.1
        self.paper.tile(x, y, self.width, self.height, one.grey)
        mean = one.attention.mean(axis=0)
        self.paper.tile(x + self.width + GAP, y, self.width, self.height, one.grey, mean)

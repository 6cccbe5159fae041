"""The sheet of paper of `attention_picture`: what stands where, in inches from the top left."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from minivit.inspection.pictures import INK, QUIET, new_figure
from minivit.models import ViT

MARKER = ("#ffffff", "#ffe14d", "#ff9b21", "#f0432a")  # from no attention to the most
WIDTH, MARGIN, NAME, GAP = 12.0, 0.3, 0.62, 0.1  # NAME is the room for a class name
HEADING, HEAD_ROW, SECTION, CAPTION = 1.2, 0.3, 0.62, 0.5
LARGEST_TILE = 1.3
PAIRS = 5  # mistakes side by side, two tiles each


class Shown(NamedTuple):
    """What is drawn of one image."""

    grey: np.ndarray  # (height, width) in [0, 1], dark strokes on light paper
    attention: np.ndarray  # (H, rows, columns), of the last block
    label: int
    probabilities: np.ndarray  # (C,)


class Sheet:
    """A figure that grows from the top: first everything is measured, then drawn."""

    def __init__(self, model: ViT, right: Sequence[Shown], wrong: Sequence[Shown]):
        self.names, self.pool = model.class_names, model.config.pool
        self.block, self.even = model.config.depth, 1 / model.config.tokens
        shown = np.stack([one.attention for one in (*right, *wrong)])
        # One scale for all tiles; a few patches may be off it, so that the rest can be seen.
        self.most = max(float(np.percentile(shown, 99)), 2 * self.even)
        self.heads = shown.shape[1]

"""Boxes in images, as masks."""

import numpy as np


def box_mask(corners: np.ndarray, ends: np.ndarray, height: int, width: int) -> np.ndarray:
    """One box for each image: corners (2, B), ends (2, B) -> bool (B, height, width).

    It has the rows from corners[0] to before ends[0], and likewise the columns of the second line.
    """
    rows, columns = (
        (np.arange(side) >= first[:, None]) & (np.arange(side) < last[:, None])
        for side, first, last in zip((height, width), corners, ends, strict=True)
    )  # (B, height), (B, width)
    return rows[:, :, None] & columns[:, None, :]

"""Relative positions: extra scores from how far apart a query and a key lie.

    relative_ij = q_i . offsets[p_i - p_j] / sqrt(K)

p is a patch's number in raster order, so that offsets are one-dimensional: each has an embedding,
which plays the key. (ViT paper, appendix D.4; Shaw et al. 2018, equation 4.)

The cls token lies nowhere in the image. What it asks the patches, what they ask it, and what it
asks itself has an embedding each (as in BEiT: Bao et al. 2021). The rows of a table are, for N
patches, the offsets from -(N - 1) to N - 1, and with a cls token these three.
"""

import math

import numpy as np

from minivit.errors import InputError


def relative_scores(q: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    """q (..., H, T, K), offsets (H, 2T or 2T - 1, K) -> relative (..., H, T, T)."""
    tokens, factor = q.shape[-2], 1 / math.sqrt(q.shape[-1])
    rows = offset_rows(tokens, offsets.shape[-2])
    every = q @ np.swapaxes(offsets, -1, -2) * factor  # (..., H, T, 2T): query, offset
    return every[..., np.arange(tokens)[:, None], rows]


def relative_gradients(
    drelative: np.ndarray, q: np.ndarray, offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Gradients of relative_ij = q_i . offsets[p_i - p_j] / sqrt(K).

    drelative (..., H, T, T) -> dq (..., H, T, K), doffsets (H, 2T or 2T - 1, K).

    What was picked out of every = q offsets^T / sqrt(K) goes back to where it was picked, and adds
    up where it was picked more than once; every is a product:
        dq = devery offsets / sqrt(K),   doffsets = sum over images of devery^T q / sqrt(K)
    """
    tokens, factor = q.shape[-2], 1 / math.sqrt(q.shape[-1])
    rows = offset_rows(tokens, offsets.shape[-2])
    devery = np.zeros((*q.shape[:-1], offsets.shape[-2]), q.dtype)
    np.add.at(devery, (..., np.arange(tokens)[:, None], rows), drelative)
    dq = devery @ offsets * factor
    of_images = np.swapaxes(devery, -1, -2) @ q * factor  # (..., H, 2T, K)
    return dq, of_images.sum(axis=tuple(range(q.ndim - 3)))


def offset_rows(tokens: int, offsets: int) -> np.ndarray:
    """Which of the table's rows belongs to query i and key j: (T, T), i down and j across.

    Raises InputError unless there are 2T offsets (one token is cls) or 2T - 1 (all are patches).
    """
    cls = offsets == 2 * tokens
    if not cls and offsets != 2 * tokens - 1:
        raise InputError(
            f"there are {offsets} relative positions for {tokens} tokens: expected "
            f"{2 * tokens}, or {2 * tokens - 1} without a cls token"
        )
    last = tokens - cls - 1  # the number of the last patch
    places = np.arange(tokens) - cls
    rows = places[:, None] - places + last
    if cls:
        rows[0, :], rows[:, 0], rows[0, 0] = offsets - 3, offsets - 2, offsets - 1
    return rows

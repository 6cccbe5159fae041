"""The map is padded with its edge instead of with zeros; a lone forward.

Spoils: y
Cause: convolution-edges-repeated
"""

import numpy as np


def convolution_forward(x, w, b=None):
    R, S = w.shape[:2]
    top, left = (R - 1) // 2, (S - 1) // 2
    xp = np.pad(x, ((0, 0), (top, R - 1 - top), (left, S - 1 - left), (0, 0)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(xp, (R, S), axis=(1, 2))
    y = np.einsum("bijcrs,rsco->bijo", windows, w)
    if b is not None:
        y += b
    return y, None

"""eps is added to the standard deviation, not to the variance; a lone forward.

Spoils: y
Cause: weight-standardisation-eps-outside-the-root
"""

import numpy as np


def weight_standardisation_forward(w, *, eps=1e-10, floor=0.0):
    c = w - w.mean(axis=(0, 1, 2), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(0, 1, 2), keepdims=True)) + eps
    hat = c / (std + floor)
    return hat, None

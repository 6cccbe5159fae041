"""The vectors are not brought to length 1; a lone forward.

Spoils: y
Cause: similarity-not-normalised
"""

import numpy as np


def similarity_forward(x, y, log_scale, *, eps=1e-12):
    xh, yh, s = x, y, np.exp(log_scale)
    cos = xh @ yh.T
    return s * cos, None

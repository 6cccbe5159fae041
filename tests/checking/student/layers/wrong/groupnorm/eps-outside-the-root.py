"""eps is added to the standard deviation, not to the variance; a lone forward.

Spoils: y
Cause: groupnorm-eps-outside-the-root
"""

import numpy as np


def groupnorm_forward(x, gamma, beta, *, groups=32, eps=1e-6):
    B, C = x.shape[0], x.shape[-1]
    v = x.reshape(B, -1, groups, C // groups)
    c = v - v.mean(axis=(1, 3), keepdims=True)
    c = c - c.mean(axis=(1, 3), keepdims=True)
    std = np.sqrt((c * c).mean(axis=(1, 3), keepdims=True)) + eps
    hat = (c / std).reshape(x.shape)
    return hat * gamma + beta, None

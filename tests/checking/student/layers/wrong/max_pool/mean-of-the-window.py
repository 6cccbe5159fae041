"""It is the mean of the window, with the gradient of the mean; a lone forward.

Spoils: y
Cause: max-pool-mean-for-max
"""

import numpy as np


def max_pool_forward(x, *, side=3, stride=2):
    _, H, W, _ = x.shape
    h, v = -(-H // stride), -(-W // stride)
    top = max((h - 1) * stride + side - H, 0) // 2
    left = max((v - 1) * stride + side - W, 0) // 2
    y = [
        [
            x[
                :,
                max(i * stride - top, 0) : i * stride - top + side,
                max(j * stride - left, 0) : j * stride - left + side,
            ].mean(axis=(1, 2))
            for j in range(v)
        ]
        for i in range(h)
    ]
    return np.array(y).transpose(2, 0, 1, 3), None

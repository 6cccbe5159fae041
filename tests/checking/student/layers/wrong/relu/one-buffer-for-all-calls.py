"""y is made in a buffer that is kept between calls, so that the next call overwrites it.

Spoils: state
Cause: state-kept
"""

import numpy as np

_buffers = {}


def relu_forward(x):
    key = x.shape, x.dtype
    if key not in _buffers:
        _buffers[key] = np.empty_like(x)
    y = np.maximum(x, 0, out=_buffers[key])
    return y, x > 0


def relu_backward(dy, mask):
    return dy * mask

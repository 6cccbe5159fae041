"""A table tells which pixel each number of a patch comes from; np.add.at brings it back."""

import numpy as np


def patchify_forward(images, *, patch, stride=None):
    p, q = patch if isinstance(patch, tuple) else (patch, patch)
    if stride is None:
        stride = p, q
    s, t = stride if isinstance(stride, tuple) else (stride, stride)
    B, H, W, C = images.shape
    number = np.arange(H * W * C).reshape(H, W, C)
    table = np.array(
        [
            number[i : i + p, j : j + q].ravel()
            for i in range(0, H - p + 1, s)
            for j in range(0, W - q + 1, t)
        ]
    )
    return images.reshape(B, -1)[:, table], (table, images.shape)


def patchify_backward(dpatches, cache):
    table, shape = cache
    flat = np.zeros((shape[0], shape[1] * shape[2] * shape[3]), dpatches.dtype)
    np.add.at(flat, (slice(None), table), dpatches)
    return flat.reshape(shape)

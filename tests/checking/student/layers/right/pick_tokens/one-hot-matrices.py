"""Which token stands where is a matrix of zeros and ones, and the backward its transpose."""

import numpy as np

from minivit.ops.masking import sources


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    found = sources(way, masking, len(x), has_cls)
    chosen = (found[:, :, None] == np.arange(x.shape[1])).astype(x.dtype)
    masked = (found < 0).astype(x.dtype)
    y = chosen @ x
    if token is not None:
        y += masked[:, :, None] * token
    return y, (chosen, masked, token is not None)


def pick_tokens_backward(dy, cache):
    chosen, masked, has_token = cache
    dtoken = np.einsum("bt,btd->d", masked, dy) if has_token else None
    return chosen.transpose(0, 2, 1) @ dy, dtoken

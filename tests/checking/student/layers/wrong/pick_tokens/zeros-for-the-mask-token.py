"""Zeros stand where the mask token should stand; a lone forward.

Spoils: y
Cause: pick-tokens-zeros-for-the-mask-token
"""

import numpy as np

from minivit.ops.masking import MASK, sources


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    found = sources(way, masking, len(x), has_cls)
    y = np.zeros((len(x), len(found[0]), x.shape[2]), x.dtype)
    for b in range(len(x)):
        for t, s in enumerate(found[b]):
            if s != MASK:
                y[b, t] = x[b, s]
    return y, None

"""The number of a patch is taken for the number of a token, though a cls token is in front.

Spoils: y
Cause: pick-tokens-cls-not-counted
"""

import numpy as np

from minivit.ops.masking import MASK, sources


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    found = sources(way, masking, len(x), has_cls)
    y = np.zeros((len(x), len(found[0]), x.shape[2]), x.dtype)
    for b in range(len(x)):
        for t, s in enumerate(found[b]):
            y[b, t] = token if s == MASK else x[b, max(s - has_cls, 0)]
    return y, None

"""The visible tokens come first and the mask tokens after them, none at its place; a lone forward.

Spoils: y
Cause: pick-tokens-not-restored-in-order
"""

import numpy as np

from minivit.ops.masking import MASK, sources


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    found = sources(way, masking, len(x), has_cls)
    if way == "restored":
        found = np.tile([*range(x.shape[1]), *[MASK] * masking.hidden], (len(x), 1))
    y = np.zeros((len(x), len(found[0]), x.shape[2]), x.dtype)
    for b in range(len(x)):
        for t, s in enumerate(found[b]):
            y[b, t] = token if s == MASK else x[b, s]
    return y, None

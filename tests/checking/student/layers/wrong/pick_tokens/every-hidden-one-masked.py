"""Every hidden patch becomes the mask token, where some should be another patch or stay.

Spoils: y
Cause: pick-tokens-every-hidden-one-masked
"""

import numpy as np

from minivit.ops.masking import MASK, is_hidden, sources


def pick_tokens_forward(x, token=None, *, masking, way, has_cls=False):
    found = sources(way, masking, len(x), has_cls)
    if way == "corrupted":
        hidden = is_hidden(masking, len(x))
        for b in range(len(x)):
            found[b] = np.arange(x.shape[1])
            found[b, int(has_cls) :][hidden[b]] = MASK
    y = np.zeros((len(x), len(found[0]), x.shape[2]), x.dtype)
    for b in range(len(x)):
        for t, s in enumerate(found[b]):
            y[b, t] = token if s == MASK else x[b, s]
    return y, None

"""dtoken is the mean over the places of the mask token instead of the sum; a lone backward.

Spoils: dtoken
Cause: pick-tokens-mask-token-averaged
"""

import numpy as np


def pick_tokens_backward(dy, cache):
    dx = np.zeros(cache.shape, dy.dtype)
    for b, sources in enumerate(cache.sources):
        visible = sources >= 0
        np.add.at(dx[b], sources[visible], dy[b, visible])
    if not cache.has_token:
        return dx, None
    return dx, dy[cache.sources < 0].mean(axis=0)

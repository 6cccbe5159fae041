"""dtoken is summed over all places, not over those of the mask token alone; a lone backward.

Spoils: dtoken
Cause: pick-tokens-mask-token-from-all-places
"""

import numpy as np


def pick_tokens_backward(dy, cache):
    dx = np.zeros(cache.shape, dy.dtype)
    for b, sources in enumerate(cache.sources):
        visible = sources >= 0
        np.add.at(dx[b], sources[visible], dy[b, visible])
    return dx, dy.sum(axis=(0, 1)) if cache.has_token else None

"""The mask token's gradient is collected from the first image alone; a lone backward.

Spoils: dtoken
Cause: first-image-only
"""

import numpy as np


def pick_tokens_backward(dy, cache):
    sources = cache.sources
    dx = np.zeros(cache.shape, dy.dtype)
    for b in range(len(dy)):
        for t, s in enumerate(sources[b]):
            if s >= 0:
                dx[b, s] += dy[b, t]
    dtoken = dy[0][sources[0] < 0].sum(axis=0) if cache.has_token else None
    return dx, dtoken

"""A token that stands at two places gets the gradient of the last one: = for +=; a lone backward.

Spoils: dx
Cause: pick-tokens-picked-twice-counted-once
"""

import numpy as np


def pick_tokens_backward(dy, cache):
    found = cache.sources
    dx = np.zeros(cache.shape, dy.dtype)
    image, place = np.where(found >= 0)
    dx[image, found[image, place]] += dy[image, place]
    return dx, dy[found < 0].sum(axis=0) if cache.has_token else None

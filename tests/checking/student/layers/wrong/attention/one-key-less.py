"""A query attends to top_k - 1 keys.

Spoils: y
Cause: attention-one-key-less
"""

import math

import numpy as np

from minivit.ops import AttentionOptions
from minivit.ops.window import seen_keys

ALL = AttentionOptions()


def attended(scores, options):
    counts = np.ones(scores.shape, bool)
    if options.window is not None:
        counts &= seen_keys(options.window, scores.shape[-1])
    if options.top_k is not None:
        seen = np.where(counts, scores, -np.inf)
        counts &= seen >= np.sort(seen, axis=-1)[..., -options.top_k, None]
    return counts


def softmax(s):
    e = np.exp(s - s.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention_forward(q, k, v, *, options=ALL):
    scores = q @ np.swapaxes(k, -1, -2) / math.sqrt(q.shape[-1])
    if options.top_k is not None and options.top_k > 1:
        options = options._replace(top_k=options.top_k - 1)
    counts = attended(scores, options)
    probs = softmax(np.where(counts, scores, -np.inf).astype(q.dtype))
    return probs @ v, (q, k, v, probs)

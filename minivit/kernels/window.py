"""Keys that a query may not see, the twin of `seen_keys` in `minivit.ops.window`.

In the scores of a chunk each query is a column (attention_chunk.py); the score of a key outside of
its window becomes -inf: the softmax makes 0 of it. All on one thread.
"""

import functools
import math

import numpy as np

from minivit.ops.window import Window, seen_keys

from .compiling import jit
from .simd import noinline


@functools.lru_cache(maxsize=8)  # every layer and step asks for the same
def seen_by_key(window: Window, tokens: int) -> np.ndarray:
    """Whether key j is seen by query i: flat, [j T + i]."""
    return seen_keys(window, tokens).reshape(-1)


@jit
def hide_unseen(scores, seen, tokens, start, queries):
    """scores[j, i] becomes -inf unless seen[j T + start + i], for i < queries."""
    noinline()
    numbers, lowest = scores.numbers, scores.numbers.dtype.type(-math.inf)
    for j in range(tokens):
        first, at = j * tokens + start, scores.first + j * scores.row
        for i in range(queries):
            numbers[at + i] = numbers[at + i] if seen[first + i] else lowest

"""Only the best keys of each query, the twin of `only_largest` in `minivit.ops.attention`.

In the scores of a chunk each query is a column (attention_chunk.py). A column is copied, Hoare's
quickselect finds its k-th largest score, in about 3 T steps on average, and smaller scores become
-inf: the softmax makes 0 of them. All on one thread.
"""

import math

from minivit.ops.attention import TIE

from .compiling import jit
from .simd import noinline


@jit
def keep_largest(scores, keys, queries, top_k, column):
    """In the first `queries` columns of scores (keys, n), all but the top_k largest become -inf.

    `column`: where in the same array there is room for a copy of one column.
    """
    noinline()
    numbers, lowest = scores.numbers, scores.numbers.dtype.type(-math.inf)
    tie = numbers.dtype.type(TIE)
    for i in range(queries):
        size = numbers.dtype.type(0)
        for j in range(keys):
            score = numbers[scores.first + j * scores.row + i]
            numbers[column + j] = score
            if math.isfinite(score):
                size = max(size, abs(score))
        smallest = kth_largest(numbers, column, keys, top_k) - tie * size
        for j in range(keys):
            at = scores.first + j * scores.row + i
            if numbers[at] < smallest:
                numbers[at] = lowest


@jit
def kth_largest(numbers, first, count, k):
    """The k-th largest of numbers[first : first + count], whose order is changed; k counts from 1.

    Every pass puts what is larger than a pivot before what is smaller, and goes on with the side
    that holds place k. (Hoare 1961, "Algorithm 65: find".)
    """
    left, right, place = first, first + count - 1, first + k - 1
    while left < right:
        pivot = numbers[place]
        i, j = left, right
        while i <= j:
            while numbers[i] > pivot:
                i += 1
            while pivot > numbers[j]:
                j -= 1
            if i <= j:
                numbers[i], numbers[j] = numbers[j], numbers[i]
                i, j = i + 1, j - 1
        if j < place:
            left = i
        if place < i:
            right = j
    return numbers[place]

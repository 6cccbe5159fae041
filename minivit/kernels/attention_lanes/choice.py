"""Where attention is done with one head per lane: the one place that decides.

Measured on two cores of an Intel Emerald Rapids with AVX-512, two threads, float32, B x H = 192 to
512 heads: how many times as long the general way takes, forward and backward. (Several runs; the
larger numbers are from those in which other programs ran beside.)

    T = 17, K = 16    1.5 to 1.7, 1.5 to 1.7
    T = 50, K = 16    1.25 to 1.3, 1.2 to 1.3
    T = 26, K = 32    1.0 to 1.2, 0.9 to 1.1
    T = 65, K = 64    0.9, 0.75

Wider heads take more time to turn, and more of the cache; the general way loses less to padding as
T grows. Not measured, and so left to the general way: float64, and registers of AVX2 or NEON.
"""

from ..simd import VECTOR_BYTES

MOST_TOKENS, MOST_COLUMNS = 50, 16
LEAST_GROUPS = 8  # of LANES heads: a group is done by one thread


def in_lanes(shape, itemsize):
    """Whether q, k and v (B, H, T, K), of so many bytes a number, are turned to lanes."""
    batch, heads, tokens, K = shape
    measured = VECTOR_BYTES == 64 and itemsize == 4
    groups = batch * heads * itemsize // VECTOR_BYTES
    return (
        measured and groups >= LEAST_GROUPS and 0 < tokens <= MOST_TOKENS and 0 < K <= MOST_COLUMNS
    )

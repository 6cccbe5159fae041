"""The matrix product of the linear maps and of attention, in the precision that was chosen.

    float32   a b
    bf16      round(a) round(b), where round gives the nearest bfloat16

bfloat16 ("brain floating point", Google 2018) is the upper half of a float32: sign, all 8 bits of
its exponent and 7 of its fraction. So it reaches as far as float32, with 2 to 3 decimal digits.
Operands alone are rounded, each number once. A product of two bfloat16 is exact in float32, and
sums are made in it: mixed precision (Micikevicius et al. 2018; for bfloat16 Kalamkar et al. 2019).
A convolution of one pixel is a linear map; larger ones, relative positions, the scores of sequence
pooling and Muon stay as they are.
"""

from collections.abc import Callable

import numpy as np

from minivit.chosen import rounds_products

# Attention rounds where it has so many tokens: below, its products are too small to gain by it.
LONG = 128
# The bits of a number's fraction that bfloat16 has not.
LOST = {4: 16, 8: 45}


def product(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """a b, as `np.matmul` takes them: a (..., M, K), b (..., K, N) -> (..., M, N)."""
    return rounded(a) @ rounded(b) if rounds_products() else a @ b


def attention_product(tokens: int, offsets: np.ndarray | None) -> Callable:
    """The product of attention: `product`, or with few tokens or relative positions a plain one."""
    return product if rounds_attention(tokens, offsets) else np.matmul


def rounds_attention(tokens: int, offsets: np.ndarray | None) -> bool:
    """Whether the products of scores and probabilities round their operands."""
    return tokens >= LONG and offsets is None and rounds_products()


def rounded(x: np.ndarray) -> np.ndarray:
    """The nearest bfloat16 of every number, of two equally near the even one; x (...) -> (...).

    The numbers keep their dtype, float32 or float64 (and a float64 its exponent's range). NaN stays
    NaN, and what lies half a step beyond the largest bfloat16 becomes infinite.

    To the bits of a positive or negative number almost half of the last kept step is added, and one
    more if that step is odd; then the bits below it are cut off. A carry goes into the exponent,
    where it belongs.
    """
    whole = np.uint32 if x.itemsize == 4 else np.uint64
    lost = whole(LOST[x.itemsize])
    bits, one = np.ascontiguousarray(x).view(whole), whole(1)
    half = (one << (lost - one)) - one
    nearest = (bits + half + ((bits >> lost) & one)) >> lost << lost
    return np.where(np.isnan(x), x, nearest.reshape(x.shape).view(x.dtype))

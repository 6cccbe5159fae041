"""Signed sums of every array of a trace: a page that finds the same ones computes the same.

    sum_s = sum_i sign_s(i) x_i,   s = 0 .. 3

The arrays themselves would make a page four times as large. A wrong number changes all four sums by
as much as it is wrong, and the signs, those of a hash of i, let no pattern of errors cancel out.
The page computes in another order, so the sums agree to rounding, as a part of the array's length.
"""

import numpy as np

from minivit.models.trace import Trace
from minivit.ops import cross_entropy_backward, cross_entropy_forward

SUMS = 4
DIGITS = 14  # of a sum: more would make a page larger, and say nothing of it


def fingerprints(trace: Trace, label: int) -> dict[str, dict[str, list[float]]]:
    """Of every value of one image, and of its gradient for the cross-entropy with this label.

    {"values" or "gradients": {name: [length, sum_0, .., sum_3]}}
    """
    _, cache = cross_entropy_forward(trace.logits, labels=np.array([label]))
    trace.backward(cross_entropy_backward(1.0, cache))
    arrays = {"values": trace.values, "gradients": trace.gradients}
    return {kind: {name: told(a) for name, a in named.items()} for kind, named in arrays.items()}


def told(array: np.ndarray) -> list[float]:
    """An array's length (its 2-norm) and its signed sums."""
    flat = np.asarray(array, np.float64).ravel()
    bits = hashed(np.arange(flat.size, dtype=np.uint32))
    signs = [1.0 - 2.0 * ((bits >> np.uint32(s)) & np.uint32(1)) for s in range(SUMS)]
    numbers = [np.sqrt((flat * flat).sum()), *((sign * flat).sum() for sign in signs)]
    return [float(f"{number:.{DIGITS}g}") for number in numbers]


def hashed(numbers: np.ndarray) -> np.ndarray:
    """uint32 -> uint32, mixed (the end of MurmurHash3, by Appleby, in the public domain)."""
    bits = numbers + np.uint32(0x9E3779B9)
    bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    bits = (bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return bits ^ (bits >> np.uint32(16))

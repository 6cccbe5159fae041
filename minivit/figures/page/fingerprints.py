"""Signed sums of every array of a trace: a page that finds the same ones computes the same.

    sum_s = sum_i sign_s(i) x_i,   s = 0 .. 3

The arrays themselves would make a page four times as large. A wrong number changes all four sums by
as much as it is wrong, and the signs, those of a hash of i, let no pattern of errors cancel out.
The page computes in another order, so the sums agree to rounding, as a part of the array's length.
"""

import base64
from collections.abc import Mapping

import numpy as np

from minivit.models.trace import Trace
from minivit.ops import cross_entropy_backward, cross_entropy_forward

SUMS = 4


def fingerprints(trace: Trace, label: int) -> dict[str, str]:
    """Of every value of one image, and of its gradient for the cross-entropy with this label.

    {"values" or "gradients": [length, sum_0, .., sum_3] of every array}: the arrays by their names
    from a to z, the numbers as base64 of little-endian float64, half as long as they are in JSON.
    """
    _, cache = cross_entropy_forward(trace.logits, labels=np.array([label]))
    trace.backward(cross_entropy_backward(1.0, cache))
    arrays = {"values": trace.values, "gradients": trace.gradients}
    return {kind: in_base64(named) for kind, named in arrays.items()}


def in_base64(arrays: Mapping[str, np.ndarray]) -> str:
    """What is told of these arrays, from a to z."""
    numbers = np.array([told(arrays[name]) for name in sorted(arrays)], "<f8")
    return base64.b64encode(numbers.tobytes()).decode("ascii")


def told(array: np.ndarray) -> list[float]:
    """An array's length (its 2-norm) and its signed sums."""
    flat = np.asarray(array, np.float64).ravel()
    bits = hashed(np.arange(flat.size, dtype=np.uint32))
    signs = [1.0 - 2.0 * ((bits >> np.uint32(s)) & np.uint32(1)) for s in range(SUMS)]
    return [float(np.sqrt((flat * flat).sum())), *(float((sign * flat).sum()) for sign in signs)]


def hashed(numbers: np.ndarray) -> np.ndarray:
    """uint32 -> uint32, mixed (the end of MurmurHash3, by Appleby, in the public domain)."""
    bits = numbers + np.uint32(0x9E3779B9)
    bits = (bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    bits = (bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return bits ^ (bits >> np.uint32(16))

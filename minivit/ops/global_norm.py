"""The length of a gradient: one number for all parameters together.

norm = sqrt(sum of squares)
"""

import math

import numpy as np

from minivit.ops.inputs import reals


def global_norm(vector: np.ndarray) -> float:
    """Euclidean length of a flat vector, summed in float64: vector (n,) -> float."""
    (vector,) = reals(vector=vector)
    vector = vector.reshape(-1)
    size = 1 << 20  # converted a chunk at a time, so that no second whole vector is made
    chunks = (vector[i : i + size].astype(np.float64) for i in range(0, vector.size, size))
    return math.sqrt(sum(float(chunk @ chunk) for chunk in chunks))

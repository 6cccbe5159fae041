"""The adjoint test: for a linear map A the backward must be A^T, exactly.

<dy, A x> = <A^T dy, x>   for all x and dy

No step, no truncation: the two sides agree to rounding, or the backward is wrong.
"""

from collections.abc import Callable, Mapping

import numpy as np

from minivit.checking.law import dy_stream


def adjoint_error(
    forward: Callable,
    backward: Callable,
    x: np.ndarray,
    *,
    options: Mapping | None = None,
    seed: int = 0,
) -> float:
    """How far the two sides differ, relative to the sum of their terms' sizes; dy is random.

    forward(x) -> y, cache;  backward(dy, cache) -> dx. Around 1e-16 for a right backward.
    """
    x = np.asarray(x, np.float64)
    y, cache = forward(x, **(options or {}))
    dy = dy_stream(seed).standard_normal(y.shape)
    left = dy * y
    right = backward(dy, cache) * x
    size = np.abs(left).sum() + np.abs(right).sum()
    return float(abs(left.sum() - right.sum()) / size) if size else 0.0

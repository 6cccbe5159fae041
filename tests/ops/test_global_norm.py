import math

import numpy as np
import pytest


def test_is_the_euclidean_length(ops):
    assert ops.global_norm(np.array([3.0, 4.0])) == 5.0
    assert ops.global_norm(np.zeros(0)) == 0.0


@pytest.mark.parametrize("n", [(1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_sums_float32_in_float64(ops, n):
    """A running sum in float32 would stop growing at 2^24 and be off in the fourth digit."""
    vector = np.full(n, 0.1, np.float32)
    assert math.isclose(
        ops.global_norm(vector), float(np.float32(0.1)) * math.sqrt(n), rel_tol=1e-9
    )


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_shows_what_is_not_finite(ops, value):
    assert not math.isfinite(ops.global_norm(np.array([1.0, value])))

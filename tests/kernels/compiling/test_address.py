"""What is called by its address counts no references: none may be lost, and none kept."""

import sys

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit import kernels
from minivit.kernels.product.matmul import matmul


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_no_array_is_kept(dtype):
    a, bias = np.ones((70, 70), dtype), np.ones(70, dtype)
    q = np.ones((2, 2, 70, 8), dtype)

    def everything():
        matmul(a, a.T, bias=bias)
        _, cache = kernels.attention_forward(q, q, q)
        kernels.attention_backward(q, cache)

    everything()
    before = [sys.getrefcount(array) for array in (a, bias, q)]
    for _ in range(5):
        everything()
    assert [sys.getrefcount(array) for array in (a, bias, q)] == before

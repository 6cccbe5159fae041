"""Products of ragged sizes: right, with the same bits for any number of threads."""

import numba
import numpy as np
import pytest

from minivit.kernels.product import matmul, tiled
from minivit.kernels.product.endings import SLOPES, VALUES
from minivit.kernels.product.matmul import _matmul_into
from minivit.ops.gelu import gelu_backward, gelu_forward

# (M, N, K); of the last, one thread has several chunks along N and K, and two threads, too.
SIZES = ((1, 1, 1), (9, 33, 5), (70, 67, 801), (131, 350, 65), (131, 1300, 801))


def made(dtype, size, form, rows_apart):
    """Forward z, h and backward dz, h for random operands, into arrays full of NaN."""
    m, n, k = size
    rng = np.random.default_rng(0)
    a = rng.standard_normal((k, m)).T if rows_apart else rng.standard_normal((m, k))
    b, bias = rng.standard_normal((k, n)) / np.sqrt(k), rng.standard_normal(n)
    a, b, bias = (x.astype(dtype) for x in (a, b, bias))
    z, h, dz, h_again = np.full((4, m, n), np.nan, dtype)
    _matmul_into(z, a, b, bias=bias, mode=VALUES[form], h=h)
    _matmul_into(dz, a, b, mode=SLOPES[form], z=z, h=h_again)
    a, b, bias = (x.astype(np.float64) for x in (a, b, bias))
    right_h, cache = gelu_forward(a @ b + bias, form=form)
    return (z, h, dz, h_again), (a @ b + bias, right_h, gelu_backward(a @ b, cache), right_h)


@pytest.mark.parametrize("dtype, tolerance", [(np.float32, 2e-5), (np.float64, 1e-12)])
@pytest.mark.parametrize("form", ["erf", "tanh"])
def test_products_with_gelu_agree_and_do_not_depend_on_the_threads(dtype, tolerance, form):
    threads = numba.get_num_threads()
    for size in SIZES:
        for rows_apart in (False, True):
            found, right = made(dtype, size, form, rows_apart)
            for one, other in zip(found, right, strict=True):
                np.testing.assert_allclose(one, other, rtol=tolerance, atol=tolerance)
            try:
                numba.set_num_threads(1)
                alone, _ = made(dtype, size, form, rows_apart)
            finally:
                numba.set_num_threads(threads)
            for one, other in zip(found, alone, strict=True):
                np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("sizes", [(8, 5, 1025), (70, 500, 801), (131, 1300, 400), (9, 70, 64)])
@pytest.mark.parametrize("rows_apart", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_is_written_past_the_workspace(dtype, rows_apart, sizes, monkeypatch):
    """By one thread, whose room is all of it: in one chunk, and in several along N and K."""
    run, seen = tiled.multiply_rectangles, []

    def guarded(*given):
        *before, workspace, ending, add_up = given
        seen.append(np.full(workspace.size + 100_000, 7, dtype))
        run(*before, seen[-1][: workspace.size], ending, add_up)

    monkeypatch.setattr(matmul, "chosen", lambda: "numba")
    monkeypatch.setattr(tiled, "multiply_rectangles", guarded)
    monkeypatch.setattr(tiled, "APART", 0)
    monkeypatch.setattr(tiled, "get_num_threads", lambda: 1)
    (z, *_), (right, *_) = made(dtype, sizes, "erf", rows_apart)
    assert np.allclose(z, right, rtol=1e-4, atol=1e-4)
    (m, n, k), sums = sizes, np.empty(sizes[1], dtype)
    a, b = np.ones((k, m) if rows_apart else (m, k), dtype), np.ones((n, k), dtype)
    _matmul_into(z, a.T if rows_apart else a, b.T, column_sums=sums)
    assert (z == k).all() and (sums == k).all()
    assert len(seen) == 3 and all((whole[-100_000:] == 7).all() for whole in seen)

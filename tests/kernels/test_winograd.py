"""Winograd's way of a convolution: its matrices, its squares at every edge, where it is used."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minivit import kernels, ops
from minivit.kernels import convolution
from minivit.kernels.product.patches import Patches
from minivit.kernels.product.sliding import Weights
from minivit.kernels.simd import lanes
from minivit.kernels.winograd import transforms
from minivit.kernels.winograd.choice import FOR_GRADIENTS, FOR_SUMS, by_winograd
from minivit.kernels.winograd.convolved import convolved_into
from minivit.kernels.winograd.gradient import weights_gradient_into

from .pieces import from_python
from .test_convolution import all_patches, whole_numbers

of_pixels, of_weights, to_weights, to_sums, of_sums = map(
    from_python,
    (transforms.of_pixels, transforms.of_weights, transforms.to_weights, transforms.to_sums,
     transforms.of_sums),
)  # fmt: skip
SMALL = numba.config.DISABLE_JIT  # Python's loops are slow: a few sizes will do
COUNT = 4 if SMALL else 40
dtypes = st.sampled_from([np.float32, np.float64])
seeds, vectors = st.integers(0, 2**32 - 1), st.integers(1, 2 if SMALL else 5)
sizes = st.tuples(st.integers(1, 9), st.integers(1, 9))
firsts = st.tuples(st.integers(-3, 1), st.integers(-3, 1))


def test_four_products_make_two_sums_of_three():
    d, g = (1.0, 4.0, -2.0, 8.0), (3.0, -6.0, 10.0)
    products = zip(of_pixels(d), of_weights(g, 0.5), strict=True)
    y = to_sums(tuple(a * b for a, b in products))
    assert y == (3 - 24 - 20, 12 + 12 + 80)


def test_the_way_back_is_transposed():
    def matrix(transform, size, *options):
        columns = [transform(tuple(map(float, unit)), *options) for unit in np.eye(size)]
        return np.array(columns).T

    assert np.array_equal(matrix(to_weights, 4, 0.5), matrix(of_weights, 3, 0.5).T)
    assert np.array_equal(matrix(of_sums, 2), matrix(to_sums, 4).T)


@given(dtypes, seeds, st.integers(1, 3), sizes, sizes, firsts, vectors, vectors, st.booleans())
@settings(max_examples=COUNT, deadline=None)
def test_every_number_of_y(dtype, seed, B, size, stops, first, c, n, transposed):
    """Whole numbers, of which 4 divides the weights: every step is exact."""
    rng, c, n = np.random.default_rng(seed), c * lanes(dtype), n * lanes(dtype)
    maps, bias = whole_numbers(rng, dtype, B, *size, c), whole_numbers(rng, dtype, n)
    w = 4 * whole_numbers(rng, dtype, 3, 3, *((n, c) if transposed else (c, n)))
    numbers, down = w.reshape(-1), 3 * c * n
    weights = Weights(numbers, 0, down, c * n, n, 1)
    if transposed:  # from the last place to the first, as dx reads them
        weights = Weights(numbers, 2 * down + 2 * c * n, -down, -c * n, 1, c)
        w = w[::-1, ::-1].swapaxes(2, 3)
    patches = Patches(maps.reshape(-1), (*size, c), stops, (3, 3), (1, 1), first)
    out = np.full((B * stops[0] * stops[1], n), np.nan, dtype)
    convolved_into(out, patches, weights, bias=bias)
    assert np.array_equal(out, all_patches(maps, patches) @ w.reshape(-1, n) + bias)


@given(dtypes, seeds, st.integers(1, 3), sizes, sizes, firsts, vectors, vectors)
@settings(max_examples=COUNT, deadline=None)
def test_every_number_of_dw(dtype, seed, B, size, stops, first, c, n):
    rng, c, n = np.random.default_rng(seed), c * lanes(dtype), n * lanes(dtype)
    maps = whole_numbers(rng, dtype, B, *size, c)
    patches = Patches(maps.reshape(-1), (*size, c), stops, (3, 3), (1, 1), first)
    dy = whole_numbers(rng, dtype, B * stops[0] * stops[1], n)
    out = np.full((9 * c, n), np.nan, dtype)
    weights_gradient_into(out, patches, dy)
    assert np.array_equal(out, all_patches(maps, patches).T @ dy)


@pytest.mark.skipif(SMALL, reason="many sums")
@pytest.mark.parametrize("shape", [(11, 16, 16, 32, 64), (24, 9, 13, 160, 96), (99, 6, 7, 64, 32)])
@pytest.mark.parametrize("padding", ["same", "valid"])
def test_it_is_the_convolution(shape, padding, monkeypatch):
    """In float32 as near to the sums in float64 as the plain way, several blocks and rectangles."""
    (B, height, width, c, n), rng = shape, np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s, np.float32) for s in ((B, height, width, c), (3, 3, c, n), n))
    known = ops.convolution_forward(*(a.astype(float) for a in (x, w, b)), padding=padding)
    dy = rng.standard_normal(known[0].shape, np.float32)
    right = known[0], *ops.convolution_backward(dy.astype(float), known[1])
    chosen = []

    def errors():
        y, cache = kernels.convolution_forward(x, w, b, padding=padding)
        found = y, *kernels.convolution_backward(dy, cache)
        return [np.abs(a - e).max() / np.abs(e).max() for a, e in zip(found, right, strict=True)]

    def choice(*arguments):
        chosen.append(by_winograd(*arguments))
        return chosen[-1]

    monkeypatch.setattr(convolution, "by_winograd", choice)
    found = errors()
    assert chosen == [True] * 3
    monkeypatch.setattr(convolution, "by_winograd", lambda *arguments: False)
    plain = errors()
    assert max(found) < 2e-6
    assert all(f < 2 * p for f, p in zip(found, plain, strict=True))


@pytest.mark.parametrize(
    ("why", "change"),
    [
        ("float64 stays with the definition", {"dtype": np.float64}),
        ("another window", {"side": (3, 2)}),
        ("another stride", {"stride": (2, 1)}),
        ("few channels", {"channels": 16}),
        ("few out channels", {"n": 16}),
        ("channels that fill no vector", {"channels": 65}),
        ("few squares", {"images": 7}),
        ("few squares for dw", {"images": 31, "least": FOR_GRADIENTS}),
        ("half of the squares is left unused", {"images": 99, "stops": (1, 16)}),
        ("no image", {"images": 0}),
    ],
)
def test_where_it_is_chosen(why, change):
    def chosen(images=32, stops=(8, 8), channels=64, n=64, side=(3, 3), stride=(1, 1),
               dtype=np.float32, least=FOR_SUMS):  # fmt: skip
        patches = Patches(None, (20, 20, channels), stops, side, stride, (-1, -1))
        return by_winograd(patches, images * stops[0] * stops[1], n, np.dtype(dtype), least)

    assert chosen() and chosen(least=FOR_GRADIENTS)
    assert not chosen(**change), why


def test_a_pixel_that_is_not_finite_spreads_no_further_than_its_windows():
    x, w = np.ones((8, 8, 8, 32), np.float32), np.ones((3, 3, 32, 32), np.float32)
    x[:, 3, 4, 5] = np.nan
    y = kernels.convolution_forward(x, w)[0]
    seen = np.zeros((8, 8), bool)
    seen[2:5, 3:6] = True
    assert np.array_equal(np.isnan(y), np.broadcast_to(seen[..., None], y.shape))


@pytest.mark.skipif(SMALL or numba.config.NUMBA_NUM_THREADS < 2, reason="one thread")
def test_the_same_bits_on_any_number_of_threads():
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s, np.float32) for s in ((30, 15, 9, 64), (3, 3, 64, 96), 96))
    results = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        y, cache = kernels.convolution_forward(x, w, b)
        results.append([y, *kernels.convolution_backward(y, cache)])
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)

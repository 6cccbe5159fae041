"""Patches, number by number, and products of them at the edges of their blocks and chunks."""

import numba
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minivit import kernels, ops
from minivit.kernels.product.gathered import transposed_into
from minivit.kernels.product.lines import copy_lines, line_size, room_for_lines
from minivit.kernels.product.patches import Patches

from .pieces import from_python

copied_lines = from_python(copy_lines)
SMALL = numba.config.DISABLE_JIT  # Python's loops are slow: a few sizes will do
DTYPES = [np.float32, np.float64]
COUNT = 8 if SMALL else 60
few, pairs = st.integers(1, 5), st.tuples(st.integers(1, 4), st.integers(1, 4))
befores = st.tuples(st.integers(-3, 2), st.integers(-3, 2))


def all_patches(maps, p: Patches):
    """The whole matrix, which the kernels never make."""
    B, height, width, channels = maps.shape
    wide = np.pad(maps, [(0, 0), (9, 40), (9, 40), (0, 0)])
    rows = [
        wide[b, y : y + p.side[0], x : x + p.side[1]].ravel()
        for b in range(B)
        for y in (9 + p.first[0] + i * p.stride[0] for i in range(p.stops[0]))
        for x in (9 + p.first[1] + j * p.stride[1] for j in range(p.stops[1]))
    ]
    return np.array(rows)


def whole_numbers(rng, dtype, *shape):
    """Of which products and sums are exact, in any order."""
    return rng.integers(-3, 4, shape).astype(dtype)


def check_transposed_product(rng, dtype, B, size, channels, stops, side, stride, first, n):
    maps = whole_numbers(rng, dtype, B, *size, channels)
    p = Patches(maps.reshape(-1), (*size, channels), stops, side, stride, first)
    b = whole_numbers(rng, dtype, B * stops[0] * stops[1], n)
    out = np.full((side[0] * side[1] * channels, n), np.nan, dtype)
    transposed_into(out, p, b)
    assert np.array_equal(out, all_patches(maps, p).T @ b)


@given(st.sampled_from(DTYPES), st.integers(0, 2**32 - 1), st.integers(1, 3), pairs,
       st.integers(1, 40), pairs, pairs, pairs, befores, st.integers(1, 40))  # fmt: skip
@settings(max_examples=COUNT)
def test_transposed_patches_are_multiplied(dtype, seed, B, size, channels, stops, side, stride,
                                           first, n):  # fmt: skip
    check_transposed_product(np.random.default_rng(seed), dtype, B, size, channels, stops, side,
                             stride, first, n)  # fmt: skip


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "case",
    [
        (2, (21, 30), 2, (21, 30), (3, 3), (1, 1), (-1, -1), 3),  # blocks of some lines, one short
        (11, (5, 9), 3, (5, 9), (3, 2), (1, 1), (-1, 0), 5),  # of several maps, the last of fewer
        (1, (2, 600), 1, (2, 300), (2, 3), (1, 2), (0, -1), 2),  # of one long line
        (2, (40, 12), 3, (20, 12), (5, 1), (2, 1), (-2, 0), 4),  # lines of both parities
        (2, (60, 12), 2, (20, 12), (2, 3), (3, 1), (0, -1), 4),  # lines that nobody sees
        (1, (3, 4), 45, (3, 4), (1, 3), (1, 1), (0, -1), 600),  # several sweeps and columns' parts
    ],
    ids=str,
)
def test_transposed_patches_are_multiplied_in_blocks(dtype, case):
    check_transposed_product(np.random.default_rng(0), dtype, *case)


@given(st.sampled_from(DTYPES), st.integers(0, 2**32 - 1), st.integers(1, 3), pairs,
       st.integers(1, 40), pairs, pairs, pairs, befores)  # fmt: skip
@settings(max_examples=COUNT)
def test_patches_lie_in_copied_lines(dtype, seed, B, size, channels, stops, side, stride, first):
    """Any lines of stops: each row of the window is a run where `places` says."""
    rng = np.random.default_rng(seed)
    maps = rng.standard_normal((B, *size, channels)).astype(dtype)
    p = Patches(maps.reshape(-1), (*size, channels), stops, side, stride, first)
    line = int(rng.integers(B * stops[0]))
    count = int(rng.integers(1, 1 + B * stops[0] - line))
    right = all_patches(maps, p)[line * stops[1] :][: count * stops[1]]
    here, room, run = 5, room_for_lines(p, count), side[1] * channels
    to = np.full(here + room + 5, np.nan, dtype)
    places = np.full(count * stops[1] + 2, -1)
    copied_lines(p, to, here, places, 1, line, count)
    begins = here + places[1:-1, None] + np.arange(side[0]) * line_size(p)
    found = to[begins[..., None] + np.arange(run)]
    assert np.array_equal(found.reshape(right.shape), right)
    assert np.isnan(to[:here]).all()
    assert np.isnan(to[-5:]).all()
    assert places[0] == places[-1] == -1


SIZES = [  # x, w, stride
    ((2, 9, 11, 3), (7, 7, 3, 33), 2),
    ((1, 3, 3, 2), (7, 7, 2, 3), 3),
    ((2, 6, 7, 50), (3, 3, 50, 34), 1),  # deeper than a chunk
    ((1, 5, 20, 44), (3, 3, 44, 400), 2),  # wider than a chunk
    ((2, 16, 15, 12), (3, 2, 12, 5), 1),  # several sweeps down, and a deep dw
    ((3, 20, 18, 130), (3, 3, 130, 70), 1),  # several blocks, which end within a map, and pieces
    ((3, 9, 10, 5), (1, 2, 5, 33), 3),  # a window that leaves out pixels
]


@pytest.mark.skipif(SMALL, reason="many sums")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("x", "w", "stride"), SIZES)
def test_products_of_patches_where_chunks_end(x, w, stride, dtype):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(shape).astype(dtype) for shape in (x, w, w[-1:]))
    y, cache = kernels.convolution_forward(x, w, b, stride=stride)
    right, known = ops.convolution_forward(*(a.astype(float) for a in (x, w, b)), stride=stride)
    dy = rng.standard_normal(y.shape).astype(dtype)
    found = y, *kernels.convolution_backward(dy, cache)
    expected = right, *ops.convolution_backward(dy.astype(float), known)
    for got, should in zip(found, expected, strict=True):
        error = np.abs(got - should).max() / np.abs(should).max()
        assert error < (1e-5 if dtype == np.float32 else 1e-14)


@pytest.mark.skipif(SMALL or numba.config.NUMBA_NUM_THREADS < 2, reason="one thread")
@pytest.mark.parametrize("stride", [1, 2])
def test_the_same_bits_on_any_number_of_threads(stride):
    rng = np.random.default_rng(0)
    x, w, b = (rng.standard_normal(s, np.float32) for s in ((3, 9, 9, 20), (3, 3, 20, 70), 70))
    results = []
    for threads in (1, numba.config.NUMBA_NUM_THREADS):
        numba.set_num_threads(threads)
        y, cache = kernels.convolution_forward(x, w, b, stride=stride)
        results.append([y, *kernels.convolution_backward(y, cache)])
    for one, other in zip(*results, strict=True):
        assert np.array_equal(one, other)

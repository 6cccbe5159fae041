"""Attention with one head per lane: against the ops, and the rule that chooses it."""

import numba
import numpy as np
import pytest

from minivit import kernels, ops
from minivit.kernels import attention
from minivit.kernels.attention_lanes.choice import in_lanes
from minivit.kernels.heads import heads_in, three_heads_in
from minivit.kernels.simd import lanes
from minivit.ops.attention import AttentionOptions
from minivit.ops.multihead_attention import split_heads, split_one

SMALL = numba.config.DISABLE_JIT  # Python's loops are slow: a few sizes will do
DTYPES = [np.float32, np.float64]


@pytest.fixture
def always(monkeypatch):
    """Whatever the shape is."""
    monkeypatch.setattr(attention, "in_lanes", lambda shape, itemsize: True)


@pytest.fixture
def threads():
    """Sets the thread count, and puts the former back."""
    former = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(former)


def drawn(dtype, *shape, scale=1.0):
    q, k, v, dy = np.random.default_rng(0).standard_normal((4, *shape)).astype(dtype)
    return (q * dtype(scale), k, v), dy


def both_ways(module, inputs, dy):
    y, cache = module.attention_forward(*inputs)
    return [y, *module.attention_backward(dy, cache)[:3], cache.probs]


def check(dtype, B, H, T, K):
    """y, dq, dk, dv and the probabilities."""
    inputs, dy = drawn(dtype, B, H, T, K)
    right = both_ways(ops, [x.astype(float) for x in inputs], dy.astype(float))
    for i, (got, wanted) in enumerate(zip(both_ways(kernels, inputs, dy), right, strict=True)):
        error = np.abs(got - wanted).max() / np.abs(wanted).max().clip(1e-2)
        assert got.dtype == dtype
        assert error < (1e-5 if dtype == np.float32 else 1e-13), (B, H, T, K, i, error)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_number_of_tokens_and_columns(always, dtype):
    side = lanes(dtype)
    tokens = (1, 2, 6, 21) if SMALL else (*range(1, 45), 50, 64, 65)
    for T in tokens:
        check(dtype, 2, 3, T, 4)
    for K in (1, side + 1) if SMALL else (*range(1, 2 * side + 2), 64):
        check(dtype, 1, 2, 7, K)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_group_may_be_full_or_not(always, dtype):
    side = lanes(dtype)
    for B, H in [(1, 1), (side, 1), (1, side - 1), (1, side + 1), (5, 7), (3, 2 * side)]:
        check(dtype, B, max(H, 1), 5, 8)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_written_and_where(always, dtype):
    """Into arrays of NaN, in the model's layout; y, made again, takes the place of dy."""
    B, H, T, K = 3, 7, 21, 12
    rng = np.random.default_rng(1)
    qkv, dy = (rng.standard_normal((B, T, n * H * K)).astype(dtype) for n in (3, 1))
    q, k, v = split_heads(qkv, H)
    y, dqkv = np.full_like(dy, np.nan), np.full_like(qkv, np.nan)
    cache = attention._attention_into(heads_in(y, H), three_heads_in(qkv, H), q, k, v)
    again = dy.copy()
    places = three_heads_in(dqkv, H), heads_in(again, H)
    attention._attention_backward_into(*places, cache, y_for_dy=True)
    assert np.array_equal(again, y)
    right, of_ops = ops.attention_forward(*(x.astype(float) for x in (q, k, v)))
    gradients = ops.attention_backward(split_one(dy, H).astype(float), of_ops)
    tolerance = 1e-5 if dtype == np.float32 else 1e-13
    assert np.abs(split_one(y, H) - right).max() < tolerance
    for got, wanted in zip(split_heads(dqkv, H), gradients, strict=False):
        assert np.abs(got - wanted).max() < tolerance


@pytest.mark.parametrize("dtype", DTYPES)
def test_scores_of_ten_thousand(always, dtype):
    inputs, dy = drawn(dtype, 2, 5, 9, 8, scale=1e4)
    results = both_ways(kernels, inputs, dy)
    assert all(np.isfinite(result).all() for result in results)
    if dtype == np.float64:
        for got, wanted in zip(results, both_ways(ops, inputs, dy), strict=True):
            assert np.abs(got - wanted).max() <= 1e-8 * (np.abs(wanted).max() + 1)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy's, about what is not finite
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_stays_in_its_head(always, bad):
    """In its lane, that is; and there it shows where it does in NumPy."""
    for place in range(4):
        inputs, dy = drawn(np.float64, 2, 9, 6, 8)
        given = [*inputs, dy]
        given[place][1, 3, 2, 5] = bad
        results, right = both_ways(kernels, inputs, dy), both_ways(ops, inputs, dy)
        for got, wanted in zip(results[:4], right[:4], strict=True):
            assert np.array_equal(np.isfinite(got), np.isfinite(wanted)), place


@pytest.mark.skipif(SMALL, reason="one thread runs it all")
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_same_bits_for_any_number_of_threads(always, dtype, threads):
    inputs, dy = drawn(dtype, 9, 9, 19, 8)
    first = both_ways(kernels, inputs, dy)
    for count in range(1, min(5, numba.config.NUMBA_NUM_THREADS) + 1):
        threads(count)
        assert all(map(np.array_equal, first, both_ways(kernels, inputs, dy)))


def test_the_rule():
    """Many narrow heads with few tokens, and only where it was measured: AVX-512, float32."""
    for shape in [(64, 4, 17, 16), (128, 4, 50, 16), (32, 4, 1, 8)]:
        assert in_lanes(shape, 4) == (lanes(np.float32) == 16)
        assert not in_lanes(shape, 8)
    for shape in [(1, 4, 17, 16), (64, 3, 65, 64), (64, 4, 26, 32), (64, 4, 51, 16),
                  (8, 3, 197, 64), (0, 4, 17, 16), (64, 4, 0, 16), (64, 4, 17, 0)]:  # fmt: skip
        assert not in_lanes(shape, 4)


def test_options_go_the_general_way(always):
    (q, k, v), _ = drawn(np.float32, 1, 2, 5, 8)
    _, plain = kernels.attention_forward(q, k, v)
    assert attention._in_lanes(plain)
    offsets = np.zeros((2, 10, 8), np.float32)
    for given, options in [((q, k, v, offsets), {}), ((q, k, v), {"options": AttentionOptions(2)})]:
        _, cache = kernels.attention_forward(*given, **options)
        assert not attention._in_lanes(cache)

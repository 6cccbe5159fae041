"""The k-th largest number, and what is smaller made -inf, against NumPy's partition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minivit.kernels import top_k
from minivit.kernels.matrix import Matrix

from .pieces import from_python

keep_largest, kth_largest = map(from_python, (top_k.keep_largest, top_k.kth_largest))

numbers = st.one_of(st.integers(-3, 3), st.floats(-1e6, 1e6), st.sampled_from([-np.inf, np.inf]))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(st.lists(numbers, min_size=1, max_size=80), st.data())
def test_the_kth_largest(dtype, values, data):
    k = data.draw(st.integers(1, len(values)))
    row = np.full(len(values) + 4, 7.0, dtype)
    row[2:-2] = values
    assert kth_largest(row, 2, len(values), k) == np.sort(np.array(values, dtype))[-k]
    assert np.array_equal(np.sort(row[2:-2]), np.sort(np.array(values, dtype)))  # none is lost
    assert (row[[0, 1, -2, -1]] == 7).all()  # nothing outside is touched


@pytest.mark.parametrize("values", [[np.nan], [1, np.nan, 2], [np.nan] * 9, [3, 2, np.nan, 2, 5]])
def test_it_comes_to_an_end_with_nan(values):
    for k in range(1, len(values) + 1):
        kth_largest(np.array(values, float), 0, len(values), k)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("keys", "queries", "top_k"), [(1, 1, 1), (5, 3, 2), (37, 16, 36)])
def test_smaller_scores_become_minus_infinity(dtype, keys, queries, top_k):
    wide = queries + 2  # the chunk is filled up to whole vectors; what is there stays
    before = np.random.default_rng(0).standard_normal((keys, wide)).astype(dtype)
    space = np.concatenate([before.reshape(-1), np.zeros(keys, dtype)])
    keep_largest(Matrix(space, 0, wide, 1), keys, queries, top_k, before.size)
    after = space[: before.size].reshape(keys, wide)
    kept = np.isfinite(after[:, :queries])
    assert (kept.sum(axis=0) == top_k).all()
    assert np.array_equal(after[:, :queries][kept], before[:, :queries][kept])
    assert (after[:, :queries][~kept] == -np.inf).all()
    smallest = np.where(kept, before[:, :queries], np.inf).min(axis=0)
    assert (before[:, :queries][~kept] <= np.broadcast_to(smallest, kept.shape)[~kept]).all()
    assert np.array_equal(after[:, queries:], before[:, queries:])

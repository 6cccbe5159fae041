"""Arguments of every kind reach a body as they were given, and others are refused."""

from collections import namedtuple
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit.kernels.compiling import shared
from minivit.kernels.compiling.decorators import jit_is_off

compiled = pytest.mark.skipif(jit_is_off(), reason="Python takes any of them")


class Pair(NamedTuple):
    number: int
    rows: np.ndarray


class Small(IntEnum):
    TWO = 2


@shared
def _numbers(share, shares, out, whole, single, yes, no, nothing):
    out[0], out[1], out[2], out[3], out[4] = whole, single, yes, no, nothing is None


def test_every_kind_of_number_arrives():
    out, single = np.full(5, np.nan), np.float32(0.1)
    _numbers("numbers", 1, out, -(2**62), single, True, np.bool_(False), None)
    assert out.tolist() == [-(2.0**62), float(single), 1, 0, 1]


@shared
def _nested(share, shares, out, nested):
    empty, (pair, (single,)), last = nested
    out[0], out[1], out[2] = len(empty), single, last
    out[3], out[4], out[5] = pair.number, pair.rows[1, 2], len(pair.rows)


def test_tuples_arrive_whatever_is_in_them():
    out, table, single = np.full(6, np.nan), np.arange(12.0).reshape(3, 4), np.float32(0.1)
    _nested("nested", 1, out, ((), (Pair(-7, table), (single,)), 5))
    assert out.tolist() == [0, float(single), 5, -7, 6, 3]


@shared
def _arrays(share, shares, out, turned, every_second, point):
    out[0], out[1] = turned[2, 1], turned.strides[0]
    out[2], out[3], out[4] = every_second[1], every_second.size, point[()]


def test_arrays_arrive_however_they_lie():
    out, table = np.full(5, np.nan), np.arange(12.0).reshape(3, 4)
    _arrays("arrays", 1, out, table.T, table[0, ::2], np.array(2.5))
    assert out.tolist() == [6, 8, 2, 2, 2.5]


@shared
def _copied(share, shares, y, x, times, factor):
    for i in range(y.size):
        y[i] = times * factor * x[i]


Y, X = np.zeros(3), np.arange(3.0)
FIXED = X.copy()
FIXED.flags.writeable = False


def copied(y=Y, x=X, times=2, factor=0.5):
    y[:] = 0
    _copied("once", 1, y, x, times, factor)
    return y.tolist()


@compiled
def test_what_a_body_would_misread_is_refused():
    assert copied() == X.tolist()
    for times in (np.int64(2), np.int32(2), np.uint8(2)):
        assert copied(times=times) == X.tolist()
    assert copied(factor=np.float64(0.5)) == copied(factor=np.float32(0.5)) == X.tolist()
    others = [np.float32, np.int64, np.float16, str, object]
    arrays = [X[:, None], np.arange(6.0)[::2], FIXED, *map(X.astype, others)]
    wrong = [{"x": x} for x in (*arrays, 1.0, None, (X,), [1.0])]
    wrong += [{"times": x} for x in (2.0, True, np.uint64(2), Small.TWO, None)]
    wrong += [{"factor": x} for x in (1, False, 1j, np.float16(1), object())]
    for change in wrong:
        with pytest.raises(TypeError, match="can't be handed over to"):
            copied(**change)
    assert copied() == X.tolist()


@compiled
@pytest.mark.parametrize("times", [2**63, 2**70, -(2**63) - 1])
def test_whole_numbers_that_take_more_than_a_word_are_refused(times):
    assert copied() == X.tolist()
    with pytest.raises(OverflowError, match="not from"):
        copied(times=times)
    assert copied() == X.tolist()


@compiled
@pytest.mark.parametrize("kind", [object, list, complex, str, np.float16, lambda: Small.TWO])
def test_what_takes_no_words_is_refused(kind):
    with pytest.raises(TypeError, match="can't be handed over to"):
        _copied("of another kind", 1, Y, X, kind(), 1.0)


def test_a_writeable_array_may_come_where_one_is_only_read():
    y = np.zeros(3)
    for x in (FIXED, X):
        _copied("read only", 1, y, x, 1, 1.0)
        assert y.tolist() == x.tolist()


@shared
def _first(share, shares, y, pair):
    y[0] = pair[0]


@compiled
def test_a_named_tuple_is_not_taken_for_one_whose_fingerprint_is_the_same():
    """Numba writes names and kinds one after the other: a, an int, b; or aib."""
    one, other = namedtuple("P", "a b"), namedtuple("P", "aib")
    y = np.zeros(1)
    _first("named", 1, y, one(5, X))
    assert y[0] == 5
    with pytest.raises(TypeError, match="can't be handed over to"):
        _first("named", 1, y, other(X))

"""Arguments of every kind reach a body as they were given, and none that it would misread."""

from collections import namedtuple
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit.kernels.compiling import shared
from minivit.kernels.compiling.decorators import jit_is_off


class Pair(NamedTuple):
    number: int
    rows: np.ndarray


class Small(IntEnum):
    TWO = 2


@shared
def _seen(share, shares, out, whole, small, yes, no, nothing, nested):
    empty, (pair, (single,)), turned, every_second, point = nested
    out[0], out[1], out[2], out[3] = whole, small, yes, no
    out[4] = nothing is None
    out[5] = len(empty)
    out[6], out[7], out[8] = pair.number, pair.rows[1, 2], pair.rows.shape[0]
    out[9] = single
    out[10], out[11] = turned[2, 1], turned.strides[0]
    out[12], out[13] = every_second[1], every_second.size
    out[14] = point[()]
    out[15] = share


def test_every_kind_of_argument_arrives():
    table = np.arange(12.0).reshape(3, 4)
    nested = ((), (Pair(-7, table), (np.float32(0.1),)), table.T, table[0, ::2], np.array(2.5))
    out = np.full(16, np.nan)
    small = np.float32(1e-30)
    _seen(out.dtype, 1, out, -(2**62), small, True, np.bool_(False), None, nested)
    expected = [-(2**62), small, 1, 0, 1, 0, -7, 6, 3, np.float32(0.1), 6, 8, 2, 2, 2.5, 0]
    assert out.tolist() == [float(x) for x in expected]


@shared
def _copied(share, shares, y, x, times, factor):
    for i in range(y.size):
        y[i] = times * factor * x[i]


Y, X = np.zeros(3), np.arange(3.0)
FIXED = X.copy()
FIXED.flags.writeable = False


@pytest.mark.skipif(jit_is_off(), reason="Python takes any of them")
def test_what_a_body_would_misread_is_refused():
    def copied(y=Y, x=X, times=2, factor=0.5):
        y[:] = 0
        _copied("a name of its own", 1, y, x, times, factor)
        return y.tolist()

    assert copied() == X.tolist()
    for times in (np.int64(2), np.int32(2), np.uint8(2)):
        assert copied(times=times) == X.tolist()
    assert copied(factor=np.float64(0.5)) == copied(factor=np.float32(0.5)) == X.tolist()
    wrong_arrays = [
        X.astype(np.float32),
        X.astype(np.int64),
        X[:, None],
        np.arange(6.0)[::2],
        FIXED,
    ]
    wrong = [{"x": x} for x in wrong_arrays] + [{"x": 1.0}, {"x": None}, {"x": (X,)}]
    wrong += [{"times": x} for x in (2.0, True, np.uint64(2), None)]
    wrong += [{"factor": x} for x in (1, False, 1j)]
    for change in wrong:
        with pytest.raises(TypeError, match="can't be handed over to"):
            copied(**change)
    assert copied() == X.tolist()


@pytest.mark.skipif(jit_is_off(), reason="Python takes any of them")
def test_what_takes_no_words_is_refused_before_it_is_compiled():
    for argument in (1j, "text", np.float32, np.float16(1), Small.TWO):
        with pytest.raises(TypeError, match="can't be handed over to"):
            _copied(f"for {argument}", 1, Y, X, argument, 1.0)


def test_a_writeable_array_may_come_where_one_is_only_read():
    y = np.zeros(3)
    for x in (FIXED, X):
        _copied("read only", 1, y, x, 1, 1.0)
        assert y.tolist() == x.tolist()


@shared
def _first(share, shares, y, pair):
    y[0] = pair[0]


@pytest.mark.skipif(jit_is_off(), reason="Python takes any of them")
def test_named_tuples_that_numba_does_not_tell_apart_are_refused():
    """Its fingerprints put names and kinds one after the other: a, an int, b; or aib."""
    one, other = namedtuple("P", "a b"), namedtuple("P", "aib")
    y = np.zeros(1)
    _first("named", 1, y, one(5, X))
    assert y[0] == 5
    with pytest.raises(TypeError, match="can't be handed over to"):
        _first("named", 1, y, other(X))

"""The product in bf16, by each instruction of this processor, beside float64 on rounded numbers."""

import numpy as np
import pytest

pytest.importorskip("numba")

from minivit import ops
from minivit.kernels.product.bf16 import instructions, product
from minivit.kernels.product.bf16.packing import BLOCK, chunks, room
from minivit.kernels.product.bf16.product import bf16_into
from minivit.kernels.product.endings import SLOPES, VALUES
from minivit.kernels.product.parts import parts_of
from minivit.ops.product import rounded

HERE = instructions.available()
pytestmark = pytest.mark.skipif(not HERE, reason="no instruction that multiplies bfloat16")

AROUND = [1, 2, 7, 13, 15, 16, 17, 31, 32, 33, 47, 63, 64, 65, 97]
DEPTHS = [0, 1, 2, 31, 32, 33, 64, 1023, 1024, 1025, 2049]


@pytest.fixture(params=HERE)
def name(request):
    return request.param


def draw(*shapes, seed=0):
    rng = np.random.default_rng(seed)
    found = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    return found if len(found) > 1 else found[0]


def multiplied(name, a, b, **following):
    """By the kernel, into numbers that are NaN before."""
    out = np.full((*a.shape[:-1], b.shape[-1]), np.nan, np.float32)
    assert bf16_into(name, out, a, b, **following) is out
    return out


def exact(a, b):
    """(the product of the rounded numbers in float64, how much its sums may err in float32)."""
    a, b = rounded(a).astype(np.float64), rounded(b).astype(np.float64)
    terms = np.abs(a) @ np.abs(b)
    return a @ b, 2.0**-24 * (4 + a.shape[-1] ** 0.5) * terms + 1e-30


def check(found, a, b, plus=0.0):
    expected, doubt = exact(a, b)
    assert found.dtype == np.float32
    error = np.abs(found - (expected + plus))
    of_plus = 2.0**-24 * (4 + a.shape[-1] ** 0.5) * np.abs(plus)  # the sums may begin with it
    assert (error <= doubt + of_plus).all(), (a.shape, b.shape, error.max())


@pytest.mark.parametrize("rows", AROUND)
def test_ragged_sizes(name, rows):
    for columns in AROUND:
        for depth in (1, 31, 32, 70):
            a, b = draw((rows, depth), (depth, columns))
            check(multiplied(name, a, b), a, b)


@pytest.mark.parametrize("depth", DEPTHS)
def test_ragged_depths(name, depth):
    for rows, columns in ((1, 1), (5, 130), (33, 17), (131, 257)):
        a, b = draw((rows, depth), (depth, columns))
        check(multiplied(name, a, b), a, b)
        check(multiplied(name, a, b[:, :1]), a, b[:, :1])  # its rows lie apart


def test_float32_would_be_told_from_it(name):
    """The doubt of these tests is far below what rounding changes."""
    a, b = draw((65, 97), (97, 33))
    expected, doubt = exact(a, b)
    plain = np.abs(a.astype(np.float64) @ b - expected)
    assert plain.max() > 100 * doubt.max()
    cut = [(x.view(np.uint32) >> 16 << 16).view(np.float32).astype(np.float64) for x in (a, b)]
    assert np.abs(cut[0] @ cut[1] - expected).max() > 100 * doubt.max()  # cut off, not rounded


@pytest.mark.parametrize("which", ["a", "b", "both"])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (33, 47, 65), (64, 128, 32), (70, 3, 1025)])
def test_transposed_operands(name, which, sizes):
    m, n, k = sizes
    a, b = draw((m, k), (k, n))
    if which != "b":
        a = np.ascontiguousarray(a.T).T
    if which != "a":
        b = np.ascontiguousarray(b.T).T
    check(multiplied(name, a, b), a, b)


def test_parts_of_larger_matrices(name):
    a, b = draw((50, 90), (90, 70))
    a, b = a[3:40, 5:80], b[5:80, 1:66]
    check(multiplied(name, a, b), a, b)
    check(multiplied(name, b.T, a.T), b.T, a.T)


@pytest.mark.parametrize("shape", [(3,), (2, 5), (7, 1), (0,)])
def test_stacks(name, shape):
    a, b = draw((*shape, 33, 20), (*shape, 20, 18))
    check(multiplied(name, a, b), a, b)
    turned = a.swapaxes(-1, -2)
    check(multiplied(name, turned, a), turned, a)


@pytest.mark.parametrize("count", [17, 24])
def test_many_matrices_are_shared_out_whole(name, count, monkeypatch):
    """Among fewer threads than an eighth of them, also if one thread gets more than another."""
    monkeypatch.setattr(product, "get_num_threads", lambda: 2)
    a, b = draw((count, 65, 70), (count, 70, 66))
    assert parts_of(count, 65, 66, 2, product.tile_of(ready=False)).count == 1
    check(multiplied(name, a, b), a, b)


@pytest.mark.parametrize("sizes", [(0, 3, 4), (3, 0, 4), (3, 4, 0)])
def test_empty_ones(name, sizes):
    m, n, k = sizes
    assert np.array_equal(
        multiplied(name, *map(np.zeros, ((m, k), (k, n)), "ff")), np.zeros((m, n))
    )


@pytest.mark.parametrize("sizes", [(1, 1, 1), (33, 65, 31), (130, 47, 2049), (5, 6, 0)])
def test_bias_residual_and_both(name, sizes):
    m, n, k = sizes
    a, b, bias, residual = draw((m, k), (k, n), (n,), (m, n))
    check(multiplied(name, a, b, bias=bias), a, b, bias)
    check(multiplied(name, a, b, residual=residual), a, b, residual)
    both = multiplied(name, a, b, bias=bias, residual=residual)
    check(both, a, b, bias.astype(np.float64) + residual)
    check(multiplied(name, a, b, bias=1000 * bias), a, b, 1000 * bias.astype(np.float64))


def test_equal_rows_have_equal_sums_wherever_they_are(name):
    """So a prediction doesn't depend on which images come with it."""
    (row, b, bias), rows = draw((1, 70), (70, 40), (40,)), BLOCK + 13
    found = multiplied(name, np.repeat(row, rows, axis=0), b, bias=100 * bias)
    assert np.array_equal(found, np.repeat(found[:1], rows, axis=0))


@pytest.mark.parametrize("sizes", [(1, 1, 1), (33, 65, 31), (40, 47, 2049), (300, 200, 1023)])
@pytest.mark.parametrize("transposed", [False, True])
def test_column_sums_are_of_the_numbers_before_they_are_rounded(name, sizes, transposed):
    m, n, k = sizes
    a, b = draw((m, k), (k, n))
    b = np.ascontiguousarray(b.T).T if transposed else b
    sums = np.full(n, np.nan, np.float32)
    check(multiplied(name, a, b, column_sums=sums), a, b)
    wide = b.astype(np.float64)
    doubt = 2.0**-24 * (4 + k**0.5) * np.abs(wide).sum(axis=0)
    assert (np.abs(sums - wide.sum(axis=0)) <= doubt).all()
    if k > 1:
        assert np.abs(rounded(b).astype(np.float64).sum(axis=0) - sums).max() > 10 * doubt.max()


@pytest.mark.parametrize("form", ["erf", "tanh"])
@pytest.mark.parametrize("sizes", [(1, 1, 1), (33, 65, 31), (70, 47, 1025)])
def test_gelu_and_its_slopes(name, form, sizes):
    m, n, k = sizes
    a, b, bias, z = draw((m, k), (k, n), (n,), (m, n))
    h = np.full((m, n), np.nan, np.float32)
    made = multiplied(name, a, b, bias=bias, mode=VALUES[form], h=h)
    check(made, a, b, bias)
    np.testing.assert_allclose(h, ops.gelu_forward(made, form=form)[0], rtol=1e-5, atol=1e-6)
    h[:] = np.nan
    dz = multiplied(name, a, b, mode=SLOPES[form], z=z, h=h)
    expected, cache = ops.gelu_forward(z, form=form)
    np.testing.assert_allclose(h, expected, rtol=1e-5, atol=1e-6)
    upstream = multiplied(name, a, b)
    slopes = ops.gelu_backward(np.ones_like(z), cache)
    np.testing.assert_allclose(dz, upstream * slopes, rtol=1e-4, atol=1e-5 * k**0.5)


@pytest.mark.parametrize("size", [1, 33, 64, 70])
def test_nan_stays_where_it_belongs(name, size):
    """Blocks are filled up: what stands there must not get into the numbers beside it."""
    a, b = draw((size, size), (size, size))
    a[-1, size // 2] = np.nan
    found = multiplied(name, a, b)
    assert np.isnan(found[-1]).all() and np.isfinite(found[:-1]).all()
    a, b = draw((size, size), (size, size))
    b[0, -1] = np.nan
    found = multiplied(name, a, b)
    assert np.isnan(found[:, -1]).all() and np.isfinite(found[:, :-1]).all()


def test_infinities(name):
    a, b = map(np.abs, draw((20, 40), (40, 20)))
    a[3, 5], b[7, 2] = np.inf, -np.inf
    found = multiplied(name, a, b)
    with np.errstate(invalid="ignore"):
        expected = rounded(a) @ rounded(b)
    assert np.array_equal(np.isposinf(found), np.isposinf(expected))
    assert np.array_equal(np.isneginf(found), np.isneginf(expected))
    assert np.array_equal(np.isnan(found), np.isnan(expected)) and np.isnan(found).any()


def test_what_rounds_beyond_the_largest_is_infinite(name):
    most = np.finfo(np.float32).max
    found = multiplied(name, np.full((2, 1), most), np.full((1, 3), np.float32(0.5)))
    assert np.isposinf(found).all()


def test_halves_go_to_the_even_one(name):
    halves = np.array([[1 + 1 / 256, 1 + 3 / 256, -1 - 1 / 256, 2 - 1 / 256]], np.float32)
    one = np.ones((1, 1), np.float32)
    expected = [[1, 1 + 4 / 256, -1, 2]]
    assert multiplied(name, one, halves).tolist() == expected
    assert multiplied(name, halves.T, one).T.tolist() == expected


def test_numbers_too_small_for_all_their_digits_count_as_0_or_as_they_are(name):
    """The processor takes them for 0, where the definition does not: no weight is so small."""
    small, a = np.float32(1e-39), np.ones((3, 5), np.float32)
    found = multiplied(name, a, np.full((5, 4), small))
    assert ((found == 0) | (np.abs(found - 5 * small) < 0.01 * small)).all()


@pytest.mark.parametrize("shape", [(), (3,)])
@pytest.mark.parametrize("sizes", [(300, 97, 70), (65, 400, 33), (64, 64, 1500)])
def test_the_same_bits_with_any_number_of_threads(name, shape, sizes, monkeypatch):
    m, n, k = sizes
    a, b, bias = draw((*shape, m, k), (*shape, k, n), (n,))
    found = []
    for threads in range(1, 6):
        monkeypatch.setattr(product, "get_num_threads", lambda threads=threads: threads)
        sums = np.full(n, np.nan, np.float32) if not shape else None
        found.append((multiplied(name, a, b, bias=bias, column_sums=sums), sums))
    for out, sums in found[1:]:
        assert np.array_equal(out, found[0][0])
        assert shape or np.array_equal(sums, found[0][1])


def test_the_same_bits_again(name):
    a, b = draw((200, 300), (300, 100))
    assert np.array_equal(multiplied(name, a, b), multiplied(name, a, b))


def test_operands_stay_as_they_are(name):
    a, b = draw((33, 65), (65, 17))
    before = a.copy(), b.copy()
    multiplied(name, a, b)
    assert np.array_equal(a, before[0]) and np.array_equal(b, before[1])


def test_there_is_room_for_a_rectangle_of_fewer_columns():
    """33 panels are packed in three chunks of 11, but their first 16 in one."""
    columns, depth = 33 * BLOCK, 1024
    deep, wide = chunks(16 * BLOCK, depth)
    assert (deep, wide) == (1024, 16 * BLOCK) and chunks(columns, depth)[1] == 11 * BLOCK
    assert room(64, columns, depth) >= room(64, 16 * BLOCK, depth)


def test_two_rectangles_of_unlike_width(name):
    """Each thread packs into its own room, and writes nothing into the other's."""
    a, b = draw((40, 1024), (1024, 33 * 32))
    check(multiplied(name, a, b), a, b)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("sizes", [(33, 5, 1025), (131, 1300, 801), (500, 2480, 400), (9, 70, 64)])
def test_nothing_is_written_past_the_workspace(name, sizes, transposed, monkeypatch):
    """By one thread, whose room is all of it; (500, 2480, 400) has none to spare for the rows that
    two chunks read."""
    run, seen, (m, n, k) = product.multiply_rectangles, [], sizes

    def guarded(*given):
        *before, workspace, ending, add_up = given
        seen.append(np.full(workspace.size + 100_000, 7, np.float32))
        run(*before, seen[-1][: workspace.size], ending, add_up)

    monkeypatch.setattr(product, "multiply_rectangles", guarded)
    monkeypatch.setattr(product, "APART", 0)
    monkeypatch.setattr(product, "get_num_threads", lambda: 1)
    a, b, z = draw((k, m) if transposed else (m, k), (k, n), (m, n))
    a, h = a.T if transposed else a, np.empty((m, n), np.float32)
    check(multiplied(name, a, b), a, b)
    multiplied(name, a, b, mode=SLOPES["erf"], z=z, h=h)
    assert len(seen) == 2 and all((whole[-100_000:] == 7).all() for whole in seen)

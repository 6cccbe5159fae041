import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError


@given(drawn, few, sides, sides)
def test_gradients_and_law_in_one_dimension(ops, source, B, T, D):
    x, table = source.data(B, T, D), source.weights(T, D)
    assert_right(ops, "positions", x, table, seed=source.seed, complex_step=True)


@given(drawn, few, few, few, few, st.booleans())
def test_gradients_and_law_in_two_dimensions(ops, source, B, R, C, half, has_cls):
    x = source.data(B, R * C + has_cls, 2 * half)
    rows, columns = source.weights(R, half), source.weights(C, half)
    cls = source.weights(2 * half) if has_cls else None
    inputs = (x, rows, columns, cls)
    assert_right(ops, "positions_2d", *inputs, grid=(R, C), seed=source.seed, complex_step=True)


def test_a_patch_gets_its_row_and_its_column(ops):
    rng = np.random.default_rng(0)
    rows, columns, cls = rng.random((2, 2)), rng.random((3, 2)), rng.random(4)
    y, _ = ops.positions_2d_forward(np.zeros((1, 7, 4)), rows, columns, cls, grid=(2, 3))
    assert np.array_equal(y[0, 0], cls)
    for r, c in np.ndindex(2, 3):
        assert np.array_equal(y[0, 1 + 3 * r + c], [*rows[r], *columns[c]])


def test_a_table_collects_from_the_whole_batch(ops):
    _, cache = ops.positions_forward(np.ones((5, 2, 3)), np.ones((2, 3)))
    _, dtable = ops.positions_backward(np.ones((5, 2, 3)), cache)
    assert np.array_equal(dtable, np.full((2, 3), 5))
    _, cache = ops.positions_2d_forward(
        np.ones((5, 6, 4)), np.ones((2, 2)), np.ones((3, 2)), None, grid=(2, 3)
    )
    _, drows, dcolumns, dcls = ops.positions_2d_backward(np.ones((5, 6, 4)), cache)
    assert np.array_equal(drows, np.full((2, 2), 15))  # 5 images, 3 patches in a row
    assert np.array_equal(dcolumns, np.full((3, 2), 10))
    assert dcls is None


@pytest.mark.parametrize("shapes", [((3, 2), (2, 2)), ((2, 2), (3, 1))])
def test_refuses_tables_of_another_grid(ops, shapes):
    rows, columns = map(np.ones, shapes)
    with pytest.raises(InputError, match="don't fit a grid of 2x3"):
        ops.positions_2d_forward(np.ones((1, 6, 4)), rows, columns, None, grid=(2, 3))

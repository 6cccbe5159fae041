import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from sincos_formulas import expected_table
from strategies import drawn, few

from minivit import InputError
from minivit.ops.sincos_positions import SINCOS


@given(drawn, few, few, few, few, st.booleans(), st.sampled_from([*SINCOS]))
def test_gradients_and_law(ops, source, B, R, C, quarter, has_cls, kind):
    x, options = source.data(B, R * C + has_cls, 4 * quarter), {"kind": kind, "grid": (R, C)}
    assert_right(ops, "sincos_positions", x, seed=source.seed, complex_step=True, **options)


@pytest.mark.parametrize("has_cls", [True, False])
@pytest.mark.parametrize("width", [4, 8, 20])
@pytest.mark.parametrize("kind", SINCOS)
def test_the_tables_are_those_of_the_papers(ops, kind, width, has_cls):
    x = np.random.default_rng(0).standard_normal((2, 3 * 5 + has_cls, width))
    y, _ = ops.sincos_positions_forward(x, kind=kind, grid=(3, 5))
    assert np.abs(y - x - expected_table(kind, (3, 5), width, has_cls)).max() < 1e-14


def test_known_numbers(ops):
    """MAE's and big_vision's own functions, run with float64 on a grid of 2 x 2 at width 8."""
    patch = np.zeros((1, 4, 8))
    found = {
        kind: ops.sincos_positions_forward(patch, kind=kind, grid=(2, 2))[0] for kind in SINCOS
    }
    of_row_1, sin, cos = 2, np.sin, np.cos
    fast = [0, 0, 1, 1, sin(1)]
    np.testing.assert_allclose(
        found["sincos-2d"][0, of_row_1], [*fast, sin(1e-4), cos(1), cos(1e-4)], rtol=1e-12
    )
    np.testing.assert_allclose(
        found["sincos-2d-mae"][0, of_row_1], [*fast, sin(0.01), cos(1), cos(0.01)], rtol=1e-12
    )
    np.testing.assert_allclose(
        found["sincos"][0, 1, :4], [sin(1), cos(1), sin(0.1), cos(0.1)], rtol=1e-12
    )


def test_an_odd_pair_of_waves_is_enough_in_one_dimension(ops):
    y, _ = ops.sincos_positions_forward(np.zeros((1, 3, 6)), grid=(1, 3))
    assert np.abs(y[0] - expected_table("sincos", (1, 3), 6, False)).max() < 1e-14


@pytest.mark.parametrize(
    ("shape", "kind", "sentence"),
    [
        ((1, 6, 5), "sincos", "width is 5 .* a multiple of 2"),
        ((1, 6, 6), "sincos-2d", "width is 6 .* a multiple of 4"),
        ((1, 6, 6), "sincos-2d-mae", "width is 6 .* a multiple of 4"),
        ((1, 8, 8), "sincos", "8 tokens and a grid of 2x3 patches: expected 6 tokens, or 7"),
        ((1, 6, 8), "waves", "kind of positions is 'waves': choose sincos or"),
    ],
)
def test_refusals(ops, shape, kind, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.sincos_positions_forward(np.zeros(shape), kind=kind, grid=(2, 3))

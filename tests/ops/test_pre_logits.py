import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides


@given(drawn, few, sides, sides, st.booleans())
def test_gradients_and_law(ops, source, B, D, R, biased):
    """Far from 0 a tanh is flat: the drawn numbers are brought near it."""
    x, w = source.data(B, D), source.weights(D, R) / (1 + abs(source.offset) + source.scale)
    b = source.weights(R) if biased else None
    assert_right(ops, "pre_logits", x, w, b, seed=source.seed, complex_step=True)


def test_by_loops(ops):
    rng = np.random.default_rng(0)
    x, w, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 4)), rng.standard_normal(4)
    y, _ = ops.pre_logits_forward(x, w, b)
    for i, j in np.ndindex(2, 4):
        z = sum(x[i, k] * w[k, j] for k in range(3)) + b[j]
        assert math.isclose(y[i, j], math.tanh(z), rel_tol=1e-14)

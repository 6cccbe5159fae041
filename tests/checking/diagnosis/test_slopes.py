import numpy as np
import pytest

from minivit import ops
from minivit.checking.diagnosis import slopes
from minivit.checking.diagnosis.slopes import Slopes

rng = np.random.default_rng(0)
X, GAMMA, BETA = rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal(3)
INPUTS = {"x": X, "gamma": GAMMA, "beta": BETA}


def test_gradients_for_any_dy():
    found = Slopes(ops.layernorm_forward, INPUTS, {"eps": 0.1})
    _, cache = ops.layernorm_forward(X, GAMMA, BETA, eps=0.1)
    for dy in rng.standard_normal((3, 4, 3)):
        right = ops.layernorm_backward(dy, cache)
        for came, expected in zip(found.gradients(dy).values(), right, strict=True):
            assert np.allclose(came, expected, rtol=1e-6, atol=1e-8)


def test_an_input_that_is_none():
    found = Slopes(ops.linear_forward, {"x": X, "w": np.ones((3, 2)), "b": None}, {})
    assert found.gradients(np.ones((4, 2)))["db"] is None


def test_a_table_is_made_once():
    calls = []

    def forward(x):
        calls.append(1)
        return x * x, None

    found = Slopes(forward, {"x": X}, {})
    for _ in range(3):
        found.gradient("x", np.ones_like(X))
    assert len(calls) == 1 + 2 * X.size


def test_what_it_refuses(monkeypatch):
    with pytest.raises(ValueError, match="KeyError"):
        Slopes(lambda x: {}["y"], {"x": X}, {})
    monkeypatch.setattr(slopes, "MOST", 100)
    with pytest.raises(ValueError, match="12 x 12 numbers"):
        Slopes(lambda x: (x * x, None), {"x": X}, {}).gradient("x", X)

import numpy as np
import pytest

from minivit import InputError


def by_the_book(p, g, v, rate, mu=0.0, nesterov=False, decay=0.0, decayed=0, scale=1.0):
    """PyTorch's description of SGD, element by element."""
    p, v = p.copy(), v.copy()
    for i in range(len(p)):
        gradient = scale * g[i] + (decay * p[i] if i < decayed else 0.0)
        v[i] = mu * v[i] + gradient
        p[i] -= rate * (gradient + mu * v[i] if nesterov else v[i])
    return p, v


@pytest.mark.parametrize("mu", [0.0, 0.8])
@pytest.mark.parametrize("nesterov", [False, True])
@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_follows_the_book_for_several_steps(ops, mu, nesterov, decay):
    rng = np.random.default_rng(0)
    p, v = rng.standard_normal(7), np.zeros(7)
    expected = p.copy(), v.copy()
    for _ in range(5):
        g = rng.standard_normal(7)
        ops.sgd_step(p, g, v, learning_rate=0.05, momentum=mu, nesterov=nesterov,
                     weight_decay=decay, decayed=3, scale=0.25)  # fmt: skip
        expected = by_the_book(expected[0], g, expected[1], 0.05, mu, nesterov, decay, 3, 0.25)
        for array, right in zip((p, v), expected, strict=True):
            assert np.abs(array - right).max() < 1e-14


def test_without_momentum_it_needs_no_velocity(ops):
    p, g = np.arange(5.0), np.ones(5)
    ops.sgd_step(p, g, learning_rate=0.5, weight_decay=0.1, decayed=2)
    assert np.allclose(p, np.arange(5) - 0.5 * (1 + 0.1 * np.array([0, 1, 0, 0, 0])), atol=1e-15)
    with pytest.raises(InputError, match=r"momentum is 0\.9 and there is no velocity"):
        ops.sgd_step(p, g, learning_rate=0.5, momentum=0.9)


def test_the_first_step_with_momentum_is_that_without(ops):
    g = np.random.default_rng(0).standard_normal(9)
    one, two = np.ones(9), np.ones(9)
    ops.sgd_step(one, g, learning_rate=0.1)
    ops.sgd_step(two, g, np.zeros(9), learning_rate=0.1, momentum=0.9)
    assert np.array_equal(one, two)


@pytest.mark.parametrize("mu", [0.0, 0.9])
def test_long_vectors_step_like_short_ones(ops, mu):
    """It walks in chunks: their edges must not show."""
    rng = np.random.default_rng(0)
    n = (1 << 16) + 3
    arrays = [rng.standard_normal(n) for _ in range(3)]
    parts = [[array[i::1000].copy() for array in arrays] for i in range(0, 1000, 97)]
    decayed = n // 2
    options = {"learning_rate": 0.1, "momentum": mu, "nesterov": bool(mu), "weight_decay": 0.5}
    ops.sgd_step(*arrays, decayed=decayed, **options)
    for i, part in zip(range(0, 1000, 97), parts, strict=True):
        ops.sgd_step(*part, decayed=len(range(i, decayed, 1000)), **options)
        for array, right in zip(arrays, part, strict=True):
            assert np.abs(array[i::1000] - right).max() < 1e-14


def test_leaves_the_gradients_alone_and_keeps_float32(ops):
    p, g, v = (np.full(5, value, np.float32) for value in (1, 2, 0))
    ops.sgd_step(p, g, v, learning_rate=0.1, momentum=0.9, nesterov=True, scale=0.5)
    assert np.array_equal(g, np.full(5, 2, np.float32))
    assert p.dtype == v.dtype == np.float32
    assert np.abs(p - (1 - 0.1 * (1 + 0.9))).max() < 1e-6

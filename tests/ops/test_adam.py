import math

import numpy as np
import pytest


def by_the_book(
    p, g, m, v, t, learning_rate, weight_decay=0.0, decayed=0, scale=1.0, decoupled=True
):
    """Algorithm 2 of Loshchilov and Hutter, element by element: both kinds of decay."""
    p, m, v = p.copy(), m.copy(), v.copy()
    for i in range(len(p)):
        gradient = g[i] * scale
        if not decoupled and i < decayed:
            gradient += weight_decay * p[i]
        m[i] = 0.9 * m[i] + 0.1 * gradient
        v[i] = 0.999 * v[i] + 0.001 * gradient**2
        decay = learning_rate * weight_decay * p[i] if decoupled and i < decayed else 0.0
        m_hat, v_hat = m[i] / (1 - 0.9**t), v[i] / (1 - 0.999**t)
        p[i] -= learning_rate * m_hat / (math.sqrt(v_hat) + 1e-8) + decay
    return p, m, v


DECAY = {"weight_decay": 0.1, "decayed": 3, "scale": 0.25}


@pytest.mark.parametrize("options", [{}, DECAY, DECAY | {"decoupled": False}])
def test_follows_the_book_for_several_steps(ops, options):
    rng = np.random.default_rng(0)
    p = rng.standard_normal(7)
    m, v = np.zeros(7), np.zeros(7)
    expected = p.copy(), m.copy(), v.copy()
    for t in range(1, 6):
        g = rng.standard_normal(7)
        ops.adam_step(p, g, m, v, step=t, learning_rate=0.01, **options)
        expected = by_the_book(expected[0], g, *expected[1:], t, 0.01, **options)
        for array, right in zip((p, m, v), expected, strict=True):
            assert np.abs(array - right).max() < 1e-14


@pytest.mark.parametrize("decoupled", [True, False])
def test_long_vectors_step_like_short_ones(ops, decoupled):
    """It walks in blocks: their edges must not show."""
    rng = np.random.default_rng(0)
    n = (1 << 16) + 3
    arrays = [rng.standard_normal(n), rng.standard_normal(n), np.zeros(n), np.zeros(n)]
    parts = [[array[i::1000].copy() for array in arrays] for i in range(0, 1000, 97)]
    decayed = n // 2
    options = {"step": 1, "learning_rate": 0.1, "weight_decay": 0.5, "decoupled": decoupled}
    ops.adam_step(*arrays, decayed=decayed, **options)
    for i, part in zip(range(0, 1000, 97), parts, strict=True):
        inside = len(range(i, decayed, 1000))
        ops.adam_step(*part, decayed=inside, **options)
        for array, right in zip(arrays, part, strict=True):
            assert np.abs(array[i::1000] - right).max() < 1e-14


def test_leaves_the_gradients_alone_and_keeps_float32(ops):
    p, g, m, v = (np.full(5, value, np.float32) for value in (1, 2, 0, 0))
    ops.adam_step(p, g, m, v, step=1, learning_rate=0.1, scale=0.5)
    assert np.array_equal(g, np.full(5, 2, np.float32))
    assert all(array.dtype == np.float32 for array in (p, m, v))
    assert np.abs(p - 0.9).max() < 1e-6  # the first step is the learning rate, whatever g is

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import assert_right
from strategies import drawn, few, sides

from minivit import InputError
from minivit.ops import Running


@given(drawn, st.integers(2, 4), sides, few, few)
def test_gradients_and_law_in_training(ops, source, B, height, width, C):
    x, gamma, beta = source.data(B, height, width, C), source.weights(C), source.weights(C)
    options = {"eps": 1e-2 * source.scale**2}
    assert_right(ops, "batchnorm", x, gamma, beta, seed=source.seed, **options)


@given(drawn, few, sides, few)
def test_gradients_and_law_after_training(ops, source, B, height, C):
    x, gamma, beta = source.data(B, height, C), source.weights(C), source.weights(C)
    running = Running(source.weights(C), 0.5 + source.weights(C) ** 2)
    options = {"running": running, "training": False}
    assert_right(ops, "batchnorm", x, gamma, beta, seed=source.seed, **options)


def test_every_channel_has_mean_0_and_variance_1_over_the_batch(ops):
    x = 5 + 3 * np.random.default_rng(0).standard_normal((6, 4, 5, 3))
    y, cache = ops.batchnorm_forward(x, np.ones(3), np.zeros(3), eps=1e-12)
    assert np.abs(y.mean(axis=(0, 1, 2))).max() < 1e-12
    assert np.abs(y.std(axis=(0, 1, 2)) - 1).max() < 1e-12
    assert cache.running is None


def test_running_statistics_follow_the_batches(ops):
    """From two batches by hand; the variance is that with Bessel's correction, as in PyTorch."""
    rng, running = np.random.default_rng(0), Running(np.zeros(2), np.ones(2))
    mean, var = np.zeros(2), np.ones(2)
    for _ in range(2):
        x = 3 + 2 * rng.standard_normal((300, 2))
        before = [table.copy() for table in running]
        _, cache = ops.batchnorm_forward(x, np.ones(2), np.zeros(2), running=running, momentum=0.25)
        assert all(np.array_equal(old, t) for old, t in zip(before, running, strict=True))
        mean, var = 0.75 * mean + 0.25 * x.mean(axis=0), 0.75 * var + 0.25 * x.var(axis=0, ddof=1)
        running = cache.running
        assert np.abs(running.mean - mean).max() < 1e-12
        assert np.abs(running.var - var).max() < 1e-12


def test_after_training_images_do_not_see_each_other(ops):
    rng = np.random.default_rng(0)
    x, gamma, beta = rng.standard_normal((4, 3, 2)), rng.standard_normal(2), np.ones(2)
    running = Running(np.array([0.5, -1]), np.array([4.0, 0.25]))
    options = {"running": running, "training": False, "eps": 0.0}
    y, cache = ops.batchnorm_forward(x, gamma, beta, **options)
    assert np.abs(y - ((x - running.mean) / np.array([2, 0.5]) * gamma + 1)).max() < 1e-12
    assert np.array_equal(y[1:2], ops.batchnorm_forward(x[1:2], gamma, beta, **options)[0])
    assert all(np.array_equal(a, b) for a, b in zip(cache.running, running, strict=True))


def test_a_shift_of_a_channel_changes_nothing_in_training(ops):
    x = np.random.default_rng(0).standard_normal((5, 4, 3))
    y, _ = ops.batchnorm_forward(x, np.ones(3), np.zeros(3))
    moved, _ = ops.batchnorm_forward(x + np.array([1e6, 0, -7]), np.ones(3), np.zeros(3))
    assert np.abs(moved - y).max() < 1e-8


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_running_statistics_have_the_dtype_of_x(ops, dtype):
    x, running = np.ones((4, 2), dtype), Running(np.zeros(2), np.ones(2))
    _, cache = ops.batchnorm_forward(x, np.ones(2), np.zeros(2), running=running)
    assert cache.running.mean.dtype == cache.running.var.dtype == dtype


@pytest.mark.parametrize(
    ("running", "sentence"),
    [
        (None, "running is None: without training"),
        ((np.zeros(3), np.ones(2)), r"the running mean has the shape \(3,\), and \(2,\) is needed"),
        ((np.zeros(2), np.ones(1)), r"the running var has the shape \(1,\)"),
    ],
)
def test_refuses(ops, running, sentence):
    with pytest.raises(InputError, match=sentence):
        ops.batchnorm_forward(
            np.zeros((3, 2)), np.ones(2), np.zeros(2), running=running, training=False
        )

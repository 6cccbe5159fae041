"""The ops on feature maps give what JAX, Flax, PyTorch and timm give, which is stored.

map_parity.py made the file.
"""

from pathlib import Path

import numpy as np
import pytest

from minivit.ops import Running

STORED = dict(np.load(Path(__file__).with_name("map_parity.npz")))
CASES = {  # the op, its options
    "3x3": ("convolution", {}),
    "3x3, stride 2": ("convolution", {"stride": 2}),
    "7x7, stride 2": ("convolution", {"stride": 2}),
    "2x2": ("convolution", {}),
    "1x1, stride 2": ("convolution", {"stride": 2}),
    "3x2, valid, stride 2x1": ("convolution", {"stride": (2, 1), "padding": "valid"}),
    "depthwise 3x3, stride 2": ("depthwise_convolution", {"stride": 2}),
    "depthwise 5x5, valid": ("depthwise_convolution", {"padding": "valid"}),
    "max 3x3, stride 2": ("max_pool", {}),
    "max 2x3, valid": ("max_pool", {"side": (2, 3), "stride": 1, "padding": "valid"}),
    "groups": ("groupnorm", {"groups": 3}),
    "batch": ("batchnorm", {}),
}


def stored(name: str, what: str) -> list[np.ndarray]:
    """The arrays of a case, in order: its inputs, or the gradients by them."""
    count = sum(key.startswith(f"{name}:{what}:") for key in STORED)
    return [STORED[f"{name}:{what}:{i}"] for i in range(count)]


def assert_near(found, right):
    assert found.shape == right.shape
    assert np.abs(found - right).max() < 1e-12 * (1 + np.abs(right).max())


@pytest.mark.parametrize("name", CASES)
def test_as_the_libraries_have_it(ops, name):
    op, options = CASES[name]
    y, cache = getattr(ops, f"{op}_forward")(*stored(name, "input"), **options)
    assert_near(y, STORED[f"{name}:y"])
    gradients = getattr(ops, f"{op}_backward")(STORED[f"{name}:dy"], cache)
    gradients = gradients if isinstance(gradients, tuple) else (gradients,)
    right = stored(name, "gradient")
    assert right
    for found, expected in zip(gradients, right, strict=False):  # no bias in some: None stands last
        assert_near(found, expected)


def test_a_standardised_convolution_is_timms(ops):
    """The gradient by w comes back through the standardisation."""
    x, w = stored("standardised", "input")
    w_hat, of_w = ops.weight_standardisation_forward(w, eps=1e-10)
    y, cache = ops.convolution_forward(x, w_hat, stride=2)
    assert_near(y, STORED["standardised:y"])
    dx, dw_hat, _ = ops.convolution_backward(STORED["standardised:dy"], cache)
    dw = ops.weight_standardisation_backward(dw_hat, of_w)
    for found, right in zip((dx, dw), stored("standardised", "gradient"), strict=True):
        assert np.abs(found - right).max() < 1e-9 * np.abs(right).max()


def test_running_statistics_are_pytorchs(ops):
    """After two batches in training, and what they make of a third afterwards."""
    x, gamma, beta = stored("batch", "input")
    running = Running(np.zeros(len(gamma)), np.ones(len(gamma)))
    for batch in (x, 2 * x + 1):
        _, cache = ops.batchnorm_forward(batch, gamma, beta, running=running)
        running = cache.running
    assert_near(running.mean, STORED["batch:running mean"])
    assert_near(running.var, STORED["batch:running var"])
    y, _ = ops.batchnorm_forward(x, gamma, beta, running=running, training=False)
    assert_near(y, STORED["batch:y after training"])

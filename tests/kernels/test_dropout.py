"""The kernels' masks are those of the ops, number for number, wherever they are drawn."""

import numba
import numpy as np
import pytest

from minivit import ViT, ViTConfig, backend, kernels, ops
from minivit.kernels.dropout import CHUNK
from minivit.ops import BranchDrop, Drop

DTYPES = [np.float32, np.float64]
DROP = Drop(0.4, seed=3, first_image=5)


@pytest.fixture
def threads():
    """Sets a number of threads, and the former one afterwards."""
    former = numba.get_num_threads()
    yield numba.set_num_threads
    numba.set_num_threads(former)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1, 7, 16, 33, 1000, CHUNK - 1, CHUNK, 2 * CHUNK + 17])
def test_the_same_bits_as_the_op_with_any_number_of_threads(size, dtype, threads):
    x = np.random.default_rng(0).standard_normal((3, size)).astype(dtype)
    y, cache = ops.dropout_forward(x, drop=DROP)
    dx = ops.dropout_backward(x[::-1], cache)
    for count in range(1, numba.config.NUMBA_NUM_THREADS + 1):
        threads(count)
        again, cache = kernels.dropout_forward(x, drop=DROP)
        assert np.array_equal(again, y)
        assert np.array_equal(kernels.dropout_backward(x[::-1], cache), dx)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("T", [1, 5, 17, 64, 65, 130])
def test_the_same_probabilities_are_dropped(T, dtype, threads):
    """With v = 1, y is the probabilities themselves."""
    q, k = np.random.default_rng(0).standard_normal((2, 2, 3, T, T)).astype(dtype)
    v = np.broadcast_to(np.eye(T, dtype=dtype), q.shape)
    y, _ = ops.attention_forward(q, k, v, drop=DROP)
    for count in range(1, numba.config.NUMBA_NUM_THREADS + 1):
        threads(count)
        again, _ = kernels.attention_forward(q, k, v, drop=DROP)
        assert np.array_equal(again == 0, y == 0)
        assert np.abs(again - y).max() < (1e-5 if dtype == np.float32 else 1e-13)


@pytest.mark.parametrize("op", ["attention_branch", "mlp_branch"])
def test_a_gathered_image_draws_what_it_drew_in_its_batch(op):
    """With stochastic depth the kernels compute some images alone: they lose the same values."""
    rng, D = np.random.default_rng(0), 8
    x, gamma = rng.standard_normal((9, 3, D)), np.ones(D)
    sizes = ((D, 3 * D), (3 * D,), (D, D), (D,)) if op == "attention_branch" else (
        (D, 5), (5,), (5, D), (D,))  # fmt: skip
    weights = [rng.standard_normal(size) for size in sizes]
    heads = {"heads": 2} if op == "attention_branch" else {}
    drop = BranchDrop(DROP, DROP._replace(seed=4), DROP._replace(seed=6))
    added = []
    for module in (ops, kernels):
        y, _ = getattr(module, f"{op}_forward")(x, gamma, gamma, *weights, drop=drop, **heads)
        added.append(y - x)
    assert np.array_equal(added[0] == 0, added[1] == 0)
    gone = (added[0] == 0).all(axis=(1, 2))
    assert gone.any()
    assert (added[0][~gone] == 0).any()
    assert np.abs(added[0] - added[1]).max() < 1e-12


def test_training_steps_agree_and_the_numbers_of_threads_change_no_mask(threads):
    config = ViTConfig((8, 8), 1, (2, 2), 12, 2, 3, 20, 4, dropout=0.3, attention_dropout=0.2,
                       stochastic_depth=0.3)  # fmt: skip
    model = ViT(config, seed=1, dtype=np.float64, zero_head=False)
    images = np.random.default_rng(0).uniform(-1, 1, (7, 8, 8, 1))
    dlogits = np.random.default_rng(1).standard_normal((7, 4))
    found = []
    for name, count in (("numpy", 1), ("numba", 1), ("numba", numba.config.NUMBA_NUM_THREADS)):
        threads(count)
        with backend.use(name):
            logits, cache = model.forward(images, seed=9)
            model.zero_gradients()
            model.backward(dlogits, cache)
        found.append((logits, model.gradients.flat.copy()))
    for logits, gradients in found[1:]:
        assert np.abs(logits - found[0][0]).max() < 1e-12
        assert np.abs(gradients - found[0][1]).max() < 1e-11
    assert np.abs(model.logits(images) - found[0][0]).max() > 1e-2  # something was dropped

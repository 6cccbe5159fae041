"""Twenty steps of training on both backends: the same losses, and the same model at the end."""

import numpy as np
import pytest

from minivit import ViT, backend, variant
from minivit.data import load_dataset
from minivit.optim import Adam, clip_scale

# 3 x 17 tokens a head of 12: no size is a multiple of a vector or a tile.
CONFIG = variant("digits", depth=2, width=36, heads=3, mlp=52)
IMAGES, LABELS = (part[:200] for part in load_dataset("digits").train)


def twenty_steps(name: str, dtype) -> tuple[list[float], np.ndarray]:
    """Losses, and the parameters at the end."""
    with backend.use(name):
        ops, losses = backend.current(), []
        model = ViT(CONFIG, seed=0, dtype=dtype)
        optimiser = Adam(model.parameters, weight_decay=0.05)
        for step in range(20):
            batch = np.arange(step * 37, step * 37 + 37) % len(LABELS)
            logits, cache = model.forward(IMAGES[batch])
            loss, loss_cache = ops.cross_entropy_forward(
                logits, labels=LABELS[batch], smoothing=0.1
            )
            model.zero_gradients()
            model.backward(ops.cross_entropy_backward(logits.dtype.type(1), loss_cache), cache)
            norm = ops.global_norm(model.gradients.flat)
            optimiser.step(model.gradients, 3e-3, clip_scale(norm, 1.0))
            losses.append(float(loss))
    return losses, model.parameters.flat


@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-4), (np.float64, 1e-10)])
def test_twenty_steps_give_the_same_losses(dtype, tolerance):
    losses, parameters = twenty_steps("numpy", dtype)
    of_kernels, trained = twenty_steps("numba", dtype)
    assert max(losses[-5:]) < 0.95 * losses[0]  # it learns, so that there is something to compare
    assert np.abs(np.subtract(losses, of_kernels)).max() < tolerance
    # Adam divides by the root of v: where a gradient is almost 0, rounding decides its step.
    assert np.abs(parameters - trained).max() < 100 * tolerance


def test_the_same_bits_every_time():
    losses, parameters = twenty_steps("numba", np.float32)
    again, trained = twenty_steps("numba", np.float32)
    assert losses == again
    assert np.array_equal(parameters, trained)

"""Kernels given what they can't compute with: an error or the op's result, never rubbish."""

import os
import subprocess
import sys

import numpy as np
import pytest

from minivit import backend, kernels, ops
from minivit.checking.calls import every_call
from minivit.checking.sizes import Sizes
from minivit.checking.twins import both_ways
from minivit.errors import InputError
from minivit.kernels.product.matmul import matmul
from minivit.models import ViT, ViTConfig

draw = np.random.default_rng(0).standard_normal
X = draw((4, 6, 8)).astype("float32")
GAMMA, W, W1 = (draw(s).astype("float32") for s in (8, (8, 8), (8, 16)))
Q = draw((2, 3, 6, 8)).astype("float32")

CALLS = every_call(Sizes(B=4, T=6, H=2, K=4, M=16))
COMPUTE = [name for name, call in CALLS.items() if call.op != "patchify"]  # that moves any numbers


def given(name: str) -> tuple:
    """A call, its inputs in float32, and a dy in float64."""
    call = CALLS[name]
    inputs = call.draw(np.random.default_rng(0), "float32")
    return call, inputs, np.array(draw(both_ways(ops, call, inputs)[0].shape))


@pytest.mark.parametrize("name", COMPUTE)
def test_a_gradient_in_float64_is_converted(name):
    """As (probs - np.eye(C)[labels]) / B is, the line that everybody writes."""
    call, inputs, dy = given(name)
    expected = both_ways(ops, call, inputs, dy)
    for ours, right in zip(both_ways(kernels, call, inputs, dy), expected, strict=True):
        assert (ours is None) == (right is None)
        if ours is not None:
            assert ours.dtype == np.float32
            np.testing.assert_allclose(ours, right, rtol=1e-3, atol=1e-4)


WRONG = {
    "a short bias": ("linear", (X, W, GAMMA[:3])),
    "a bias of one number": ("linear", (X, W, GAMMA[:1])),
    "a short gamma": ("layernorm", (X, GAMMA[:5], GAMMA)),
    "a gamma of one number": ("layernorm", (X, GAMMA[:1], GAMMA)),
    "a long beta": ("layernorm", (X, GAMMA, np.ones(9, "float32"))),
    "more keys than queries": ("attention", (Q, np.ones((2, 3, 9, 8), "float32"), Q)),
    "fewer values": ("attention", (Q, Q, Q[:, :, :4])),
    "one head without its axes": ("attention", (Q[0, 0], Q[0, 0], Q[0, 0])),
    "offsets of fewer heads": ("attention", (Q, Q, Q, np.ones((2, 12, 8), "float32"))),
    "narrow offsets": ("attention", (Q, Q, Q, np.ones((3, 12, 5), "float32"))),
    "offsets without heads": ("attention", (Q, Q, Q, np.ones(12, "float32"))),
    "a cls token of one number": ("embed", (X, W, GAMMA, GAMMA[:1], None)),
    "no position for the cls token": ("embed", (X, W, GAMMA, GAMMA, X[0])),
    "one position for all": ("embed", (X, W, GAMMA, None, GAMMA[None])),
    "positions of fewer tokens": ("positions", (X, X[0, :5])),
    "weights of fewer columns": ("pool", (X, GAMMA[:5, None], None)),
    "a bias for each column": ("pool", (X, GAMMA[:, None], GAMMA)),
    "a short bias of a window": ("convolution", (X[None], W[None, None], GAMMA[:3])),
    "a bias of one number for all channels": (
        "depthwise_convolution",
        (X[None], W[None, :1], GAMMA[:1]),
    ),
    "a gamma for each group": ("groupnorm", (X, GAMMA[:2], GAMMA)),
    "a beta of one number for all channels": ("batchnorm", (X, GAMMA, GAMMA[:1])),
    "a beta of one number": ("mlp_branch", (X, GAMMA, GAMMA[:1], W1, None, W1.T.copy(), None)),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_shapes_are_refused(what):
    name, arguments = WRONG[what]
    options = {"pool": {"pool": "sequence"}, "groupnorm": {"groups": 2}}.get(name, {})
    with pytest.raises(ValueError, match="shape"):
        getattr(kernels, f"{name}_forward")(*arguments, **options)


@pytest.mark.parametrize("name", CALLS)
def test_a_gradient_of_another_shape_is_refused(name):
    call, inputs, _ = given(name)
    _, cache = getattr(kernels, f"{call.op}_forward")(*inputs, **call.options)
    with pytest.raises(ValueError):
        getattr(kernels, f"{call.op}_backward")(np.ones((3, 5, 7), "float32"), cache)


def test_x_hat_of_an_empty_batch():
    _, cache = kernels.layernorm_forward(X[:0], GAMMA, GAMMA)
    assert cache.x_hat.shape == (0, 6, 8)


def test_matrices_that_cannot_be_multiplied():
    for a, b in (((3, 4), (5, 6)), ((2, 3, 4), (4, 6)), ((2, 3, 4), (3, 4, 6))):
        with pytest.raises(InputError, match="cannot be multiplied"):
            matmul(np.ones(a), np.ones(b))


def test_adam_changes_all_or_says_why_not():
    vectors = [np.ones(10, np.float32) for _ in range(4)]
    for i, wrong in ((1, np.ones(5, np.float32)), (2, np.ones(10)), (3, np.ones(9, np.float32))):
        given = [*vectors[:i], wrong, *vectors[i + 1 :]]
        with pytest.raises(InputError):
            kernels.adam_step(*given, step=1, learning_rate=0.1)
    vectors[0].flags.writeable = False
    with pytest.raises(InputError, match="writeable"):
        kernels.adam_step(*vectors, step=1, learning_rate=0.1)
    assert all((v == 1).all() for v in vectors)


def test_a_model_takes_a_gradient_in_float64():
    config = ViTConfig((4, 4), 1, (2, 2), width=8, depth=1, heads=2, mlp=16, classes=3)
    images, norms = draw((2, 4, 4, 1)).astype("float32"), []
    for name in ("numpy", "numba"):
        with backend.use(name):
            model = ViT(config, seed=0, zero_head=False)
            logits, cache = model.forward(images)
            model.backward(np.eye(3)[[0, 2]], cache)  # float64, as NumPy makes it
            norms.append(np.linalg.norm(model.gradients.flat))
    assert norms[1] == pytest.approx(norms[0], rel=1e-4)


def test_a_number_of_threads_holds_even_where_numba_came_first():
    code = (
        "import numba, numpy as np; from minivit import kernels\n"
        "kernels.softmax_forward(np.ones((3, 4))); print(numba.get_num_threads())"
    )
    environment = os.environ | {"MINIVIT_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    environment.pop("NUMBA_NUM_THREADS", None)
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )
    assert done.stdout.strip() == "1", done.stderr

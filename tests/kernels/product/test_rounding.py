"""What the kernels round in bf16, emulated or not: products, a whole step, a run that goes on."""

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("numba")

from small_training import SMALL, recipe, small_data

from minivit import ViT, backend, ops, train, variant
from minivit.checking.twins import compare
from minivit.kernels.muon import muon_step
from minivit.kernels.product import matmul
from minivit.kernels.product.bf16 import instructions
from minivit.models.losses import loss_backward, loss_forward
from minivit.ops.product import rounded
from minivit.training import load_run, save_run
from minivit.training.run import run_data

WAYS = [{"emulate": True}]
if instructions.instruction() is not None:
    WAYS.append({"emulate": False})
rng = np.random.default_rng(0)
CONFIG = variant("digits", image=(24, 24), width=32, heads=2, mlp=48, depth=2)
IMAGES = rng.uniform(-1, 1, (3, 24, 24, 1)).astype(np.float32)
LABELS = np.array([1, 4, 7])


@pytest.fixture(params=WAYS, ids=lambda way: "emulated" if way["emulate"] else "by instruction")
def bf16(request):
    with backend.use("numba", precision="bf16", **request.param):
        yield request.param


def test_products_round_unless_they_shall_be_exact(bf16):
    a, b = (rng.standard_normal(s).astype(np.float32) for s in ((40, 70), (70, 50)))
    expected, plain = (f(a).astype(np.float64) @ f(b) for f in (rounded, np.asarray))
    found, kept = matmul.matmul(a, b), matmul.matmul(a, b, exact=True)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(kept, plain, atol=1e-5)
    assert np.abs(expected - plain).max() > 1e-2


def test_float64_is_rounded_too_and_summed_in_float64(bf16):
    a, b = (rng.standard_normal(s) for s in ((40, 70), (70, 50)))
    found = matmul.matmul(a, b)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, rounded(a) @ rounded(b), atol=1e-12)
    x, w, bias, dy = (rng.standard_normal(s) for s in ((9, 6), (6, 4), (4,), (9, 4)))
    y, cache = backend.current().linear_forward(x, w, bias)
    np.testing.assert_allclose(y, rounded(x) @ rounded(w) + bias, atol=1e-12)
    dx, dw, db = backend.current().linear_backward(dy, cache)
    np.testing.assert_allclose(dx, rounded(dy) @ rounded(w).T, atol=1e-12)
    np.testing.assert_allclose(dw, rounded(x).T @ rounded(dy), atol=1e-12)
    np.testing.assert_allclose(db, dy.sum(axis=0), atol=1e-12)


@pytest.mark.usefixtures("bf16")
def test_muons_products_stay_exact():
    found = []
    for step in (muon_step, ops.muon_step):
        p, g, v = (np.random.default_rng(seed).standard_normal((18, 54)).astype(np.float32)
                   for seed in (1, 2, 3))  # fmt: skip
        step(p, g, v, learning_rate=1e-2, weight_decay=0.1, matrices=3)
        found.append(p)
    np.testing.assert_allclose(*found, atol=1e-6)


@pytest.mark.usefixtures("bf16")
def test_every_op_rounds_what_its_kernel_rounds():
    """In float64, where no sum's order brings a number to the other side of a half."""
    wrong = [str(twin) for twin in compare(backend.current(), "float64") if not twin.ok]
    assert not wrong, "\n".join(wrong)


def step_of(dtype, patch):
    """logits and all gradients of one batch, on what is chosen."""
    config = replace(CONFIG, patch=(patch, patch))
    model = ViT(config, seed=1, dtype=dtype, zero_head=False)
    logits, cache = model.forward(IMAGES.astype(dtype))
    _, loss_cache = loss_forward(backend.current(), config, logits, LABELS)
    model.zero_gradients()
    model.backward(loss_backward(backend.current(), config, dtype(1), loss_cache), cache)
    return {"logits": logits, **model.gradients}


def distance(one, other):
    """The length of each tensor's difference, beside its own."""
    return {name: float(np.linalg.norm(one[name] - other[name]) / np.linalg.norm(other[name]))
            for name in other if "key" not in name}  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("patch", [4, 2])  # 36 tokens, and 144: there attention rounds
def test_a_whole_step_is_that_of_the_numpy_twin(bf16, dtype, patch):
    """An intermediate that rounds to the other side of a half moves what follows by one step of
    bfloat16: so not to the last bits, but nearer than float32 by far.
    """
    found = step_of(dtype, patch)
    with backend.use("numpy", precision="bf16"):
        expected = step_of(dtype, patch)
    with backend.use("numpy"):
        plain = step_of(dtype, patch)
    twins, rounding = distance(found, expected), distance(plain, expected)
    assert rounding["logits"] > 1e-3
    several = 2 if dtype == np.float32 else 1e6
    for name, far in rounding.items():
        assert far > several * twins[name], (name, far, twins[name])


class Stop(Exception):
    pass


@pytest.mark.usefixtures("bf16")
@pytest.mark.parametrize("optimiser", ["adamw", "muon"])
def test_a_run_that_was_stopped_goes_on_to_the_same_bits(tmp_path, monkeypatch, optimiser):
    monkeypatch.setattr("minivit.training.run.load_dataset", lambda name: small_data())
    config = recipe(model=SMALL, optimiser=optimiser, epochs=2)
    data = run_data("digits", config)
    whole, done = train(config, data), []

    def on_step(training, loss):
        done.append(loss)
        if len(done) == 4:
            save_run(training, tmp_path)
            raise Stop

    with pytest.raises(Stop):
        train(config, data, on_step=on_step)
    resumed = train(config, data, training=load_run(tmp_path))
    assert np.array_equal(resumed.model.parameters.flat, whole.model.parameters.flat)
    assert resumed.state.history == whole.state.history
    assert resumed.bits["precision"].startswith("bf16")


@pytest.mark.usefixtures("bf16")
def test_a_training_in_another_precision_beside_it_keeps_its_own():
    config, data = recipe(epochs=1), small_data()
    rounding = train(config, data)
    with backend.use("numba"):
        plain = train(config, data)
    again = train(config, data)
    flat = [one.model.parameters.flat for one in (rounding, plain, again)]
    assert np.array_equal(flat[0], flat[2]) and not np.array_equal(flat[0], flat[1])
    assert plain.bits["precision"] == "float32"

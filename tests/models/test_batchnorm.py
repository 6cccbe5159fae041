"""A model with BatchNorm: its running statistics are buffers, which only training moves."""

import copy

import numpy as np
import pytest

from minivit import InputError, ViT, adapted, backend, check_model, load, save, variant
from minivit.checkpoints import arrays_of, read_checkpoint, write_checkpoint
from minivit.checkpoints.model import header_of
from minivit.models import ResNet, ResNetConfig, representation
from minivit.ops import batchnorm_forward
from minivit.optim import Muon
from minivit.training.gradients import gradients_of

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends

TINY = ResNetConfig(
    (8, 10), 2, 3, root=2, root_side=3, root_stride=1, stages=(1,), unit="plain", norm="batch"
)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 8, 10, 2))
LABELS = np.array([0, 2, 1])
FIRST = "root.convolution_norm"


def tiny(dtype=np.float64):
    return ResNet(TINY, seed=1, dtype=dtype, zero_head=False)


def test_a_step_of_training_moves_the_statistics_and_nothing_else_does():
    model = tiny()
    before = model.buffers.flat.copy()
    assert model.buffers[f"{FIRST}.mean"].tolist() == [0, 0]
    assert model.buffers[f"{FIRST}.var"].tolist() == [1, 1]
    model.forward(IMAGES)
    model.logits(IMAGES)
    model.features(IMAGES)
    model.trace(IMAGES, seed=3)
    model.forward(IMAGES[:0], seed=3)
    representation(model, IMAGES)
    check_model(model, IMAGES, LABELS)
    assert np.array_equal(model.buffers.flat, before)
    model.forward(IMAGES, seed=3)
    pooled = model.trace(IMAGES).values["root.convolution_pool.y"]
    mean, var = pooled.mean(axis=(0, 1, 2)), pooled.var(axis=(0, 1, 2))
    count = pooled[..., 0].size
    assert np.abs(model.buffers[f"{FIRST}.mean"] - 0.1 * mean).max() < 1e-12
    bessel = 0.9 + 0.1 * var * count / (count - 1)
    assert np.abs(model.buffers[f"{FIRST}.var"] - bessel).max() < 1e-12


def test_a_step_of_training_looks_at_the_batch_and_use_does_not():
    model = tiny()
    alone, together = model.logits(IMAGES[:1]), model.logits(IMAGES)
    assert np.abs(together[:1] - alone).max() < 1e-12
    alone, together = (model.forward(x, seed=0)[0] for x in (IMAGES[:1], IMAGES))
    assert np.abs(together[:1] - alone).max() > 1e-3
    traced = model.trace(IMAGES, seed=0).logits
    assert np.abs(traced - together).max() < 1e-12


def test_what_a_model_says_goes_by_its_statistics():
    model = tiny()
    model.buffers.flat[:] = np.random.default_rng(2).uniform(0.5, 2, model.buffers.flat.size)
    values = model.trace(IMAGES).values
    running = model.buffers.of(FIRST)
    pooled, arrays = values["root.convolution_pool.y"], model.parameters.of(FIRST)
    by_hand, _ = batchnorm_forward(pooled, *arrays, running=running, training=False, eps=TINY.eps)
    assert np.array_equal(values[f"{FIRST}.normed"], by_hand)


def test_the_check_sees_the_gradient_through_the_batch_statistics(ops, monkeypatch):
    right = ops.batchnorm_backward

    def without_them(dy, cache):
        return right(dy, cache._replace(training=False))

    assert check_model(tiny(), IMAGES, LABELS).ok
    monkeypatch.setattr(ops, "batchnorm_backward", without_them)
    report = check_model(tiny(), IMAGES, LABELS)
    assert not report.ok and "root.convolution.w" in str(report)


def test_frozen_statistics_stay_and_are_used():
    model = tiny()
    model.forward(IMAGES, seed=1)
    before = {name: array.copy() for name, array in model.buffers.items()}
    whole, _ = model.forward(IMAGES, seed=2, frozen=["root", "stages"])
    assert np.abs(whole - model.logits(IMAGES)).max() < 1e-12
    model.forward(IMAGES, seed=2, frozen=["stages.0.units.0.convolution1_norm"])
    for name, array in model.buffers.items():
        assert np.array_equal(array, before[name]) == ("convolution1" in name), name


def test_each_part_of_a_batch_has_statistics_of_its_own():
    whole, parts = tiny(), tiny()
    images = np.concatenate([IMAGES, 3 * IMAGES])
    labels = np.concatenate([LABELS, LABELS])
    gradients_of(whole, images, labels, smoothing=0, seed=0, parts=2)
    for first in (0, 3):
        parts.forward(images[first : first + 3], seed=0, first_image=first)
    assert np.array_equal(whole.buffers.flat, parts.buffers.flat)


def test_a_single_image_can_be_learnt_from():
    model = tiny()
    logits, cache = model.forward(IMAGES[:1], seed=0)
    model.backward(np.ones_like(logits), cache)
    assert np.isfinite(model.gradients.flat).all() and np.isfinite(model.buffers.flat).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_checkpoint_brings_the_statistics_back(tmp_path, dtype):
    model = tiny(dtype)
    model.forward(IMAGES, seed=0)
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert again.buffers.dtype == dtype
    assert np.array_equal(again.buffers.flat, model.buffers.flat)
    assert np.array_equal(again.logits(IMAGES), model.logits(IMAGES))


def test_a_model_without_buffers_has_none_in_its_file(tmp_path):
    model = ResNet("resnet-28")
    assert not model.buffers and not model.buffers.flat.size
    save(model, tmp_path / "m.safetensors")
    _, groups = read_checkpoint(tmp_path / "m.safetensors", groups=("parameters", "buffers"))
    assert set(groups["parameters"]) == set(model.parameters) and not groups["buffers"]


def test_damaged_statistics_are_refused(tmp_path):
    path, model = tmp_path / "m.safetensors", tiny()
    header, groups = header_of(model), arrays_of(model)
    write_checkpoint(path, header, {"parameters": groups["parameters"]})
    with pytest.raises(InputError, match=r"another architecture: '.*_norm\.mean' is missing"):
        load(path)
    model.buffers[f"{FIRST}.var"][0] = -1
    write_checkpoint(path, header, groups)
    with pytest.raises(InputError, match=r"damaged: 'root\.convolution_norm\.var' holds a number"):
        load(path)
    narrow = {name: array.astype(np.float32) for name, array in groups["buffers"].items()}
    write_checkpoint(path, header, groups | {"buffers": narrow})
    with pytest.raises(InputError, match="arrays of one dtype, and holds: float32, float64"):
        load(path)


def test_a_copy_has_statistics_of_its_own():
    model = tiny()
    other = copy.copy(model)
    other.forward(IMAGES, seed=0)
    assert not np.array_equal(other.buffers.flat, model.buffers.flat)


def test_they_go_on_with_other_classes_and_larger_images():
    model = tiny()
    model.forward(IMAGES, seed=0)
    new = adapted(model, classes=2, image=(12, 9))
    assert np.array_equal(new.buffers.flat, model.buffers.flat)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"groups": 4}, "groups is 4 and norm is batch: BatchNorm takes each channel by itself"),
        ({"norm": "layer"}, "norm is 'layer': choose 'group' or 'batch'"),
        ({"unit": "basic"}, "unit is 'basic': choose 'bottleneck' or 'plain'"),
        ({"stages": (1, 1, 1)}, "stage 2 has windows of 3x3, and a map of 2x3 to slide over"),
    ],
)
def test_refused(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        ResNetConfig(**{**TINY.to_dict(), **changes})


def test_a_variant_learns_sixteen_images(ops):
    config = variant("airbench-28", image=(20, 20), root=8, width=16, mlp=16)
    model = ViT(config, seed=0)
    noise = np.random.default_rng(0)
    images, labels = noise.uniform(-1, 1, (16, 20, 20, 1)), noise.integers(10, size=16)
    optimiser = Muon(model.parameters)
    assert "root.convolution.w" in optimiser.velocity
    for step in range(60):
        logits, cache = model.forward(images, seed=step)
        loss, loss_cache = backend.current().cross_entropy_forward(logits, labels=labels)
        model.zero_gradients()
        model.backward(ops.cross_entropy_backward(np.float32(1), loss_cache), cache)
        optimiser.step(model.gradients, 1e-2)
    for step in range(50):  # the statistics go after the parameters, which stay
        model.forward(images, seed=step)
    right = (model.logits(images).argmax(axis=1) == labels).mean()
    assert loss < 0.1 and right == 1

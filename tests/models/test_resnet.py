"""A ResNet, and whether all that takes a model takes it."""

import copy

import numpy as np
import pytest

from minivit import InputError, ViT, adapted, check_model, export, load, save, variant
from minivit.checkpoints import load_config
from minivit.inspection.attention import cls_attention
from minivit.models import ResNet, ResNetConfig, representation
from minivit.optim import Adam

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends

TINY = ResNetConfig((8, 10), 2, 3, root=2, root_side=3, root_stride=1, groups=2, stages=(2, 1))
IMAGES = np.random.default_rng(0).uniform(-1, 1, (3, 8, 10, 2))


def tiny(dtype=np.float64, **options):
    return ResNet(TINY, seed=1, dtype=dtype, **({"zero_head": False} | options))


def test_every_parameter_agrees_with_finite_differences():
    model = tiny()
    report = check_model(model, IMAGES, np.array([0, 2, 1]))
    assert report.ok, f"\n{report}"
    assert [row.tensor for row in report.rows] == [*model.parameters, "images"]
    assert "3 parameters such as stages.0.units.0.convolution3_norm.gamma" in str(report)


def test_a_forward_without_a_cache_and_a_trace_say_the_same():
    model = tiny()
    logits, _ = model.forward(IMAGES)
    assert np.array_equal(model.logits(IMAGES), logits)
    assert np.abs(model.trace(IMAGES).logits - logits).max() < 1e-12


def test_a_trace_has_the_gradients_of_the_backward():
    model, dlogits = tiny(), np.random.default_rng(1).standard_normal((3, 3))
    _, cache = model.forward(IMAGES)
    dimages = model.backward(dlogits, cache, want_dimages=True)
    trace = model.trace(IMAGES)
    trace.backward(dlogits)
    assert dimages.shape == IMAGES.shape
    for name, gradient in model.gradients.items():
        assert np.abs(trace.gradients[name] - gradient).max() < 1e-11, name


def test_features_are_the_maps_and_the_head_reads_the_last_one():
    model = tiny()
    maps = model.features(IMAGES)
    assert [x.shape[1:] for x in maps] == [(4, 5, 2), (4, 5, 8), (2, 3, 16)]
    assert sum(x[0].size for x in maps) == TINY.kept_of_features
    pooled = representation(model, IMAGES)
    assert np.abs(pooled - maps[-1].mean(axis=(1, 2))).max() < 1e-12
    logits = pooled @ model.parameters["head.w"] + model.parameters["head.b"]
    assert np.abs(model.logits(IMAGES) - logits).max() < 1e-12


def test_an_empty_batch():
    model = tiny()
    logits, cache = model.forward(IMAGES[:0])
    model.backward(logits, cache)
    assert logits.shape == (0, 3) and not model.gradients.flat.any()


@pytest.mark.parametrize("name", ["resnet-28", "hybrid-28"])
def test_overfits_sixteen_images(ops, name):
    config = variant(name, image=(12, 12))
    model = (ResNet if name == "resnet-28" else ViT)(config, seed=0)
    noise = np.random.default_rng(0)
    images, labels = noise.uniform(-1, 1, (16, 12, 12, 1)), noise.integers(10, size=16)
    optimiser = Adam(model.parameters)
    for _ in range(200):
        logits, cache = model.forward(images)
        loss, loss_cache = ops.cross_entropy_forward(logits, labels=labels)
        if loss < 0.05:
            break
        model.zero_gradients()
        model.backward(ops.cross_entropy_backward(np.float32(1), loss_cache), cache)
        optimiser.step(model.gradients, 3e-3)
    assert loss < 0.05


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_checkpoint_comes_back(tmp_path, dtype):
    model = tiny(dtype)
    save(model, tmp_path / "m.safetensors")
    again = load(tmp_path / "m.safetensors")
    assert load_config(tmp_path / "m.safetensors") == TINY
    assert isinstance(again, ResNet) and again.dtype == dtype
    assert np.array_equal(again.parameters.flat, model.parameters.flat)


def test_it_goes_on_with_other_classes_and_larger_images():
    model = tiny()
    new = adapted(model, classes=["a", "b"], image=(12, 9))
    assert new.config.image == (12, 9) and not new.logits(np.zeros((1, 12, 9, 2))).any()
    for name, array in new.parameters.items():
        if not name.startswith("head."):
            assert np.array_equal(array, model.parameters[name]), name


def test_a_copy_is_whole():
    model, other = tiny(), copy.copy(tiny())
    other.parameters.flat[...] += 1
    assert not np.array_equal(other.logits(IMAGES), model.logits(IMAGES))


def test_shown_in_a_line():
    assert repr(ResNet("resnet-28")) == (
        "ResNet resnet-28: images 28x28x1, 10 classes, root 16, root side 3, root stride 1, stages "
        f"1x1x1, groups 4; {ResNet('resnet-28').layout.size:,} parameters, float32"
    )


def test_what_only_a_vit_has_is_refused(tmp_path):
    with pytest.raises(InputError, match="a ResNet has no attention to look at"):
        cls_attention(tiny(), IMAGES)
    with pytest.raises(InputError, match="timm's layout can't express a ResNet"):
        export(tiny(), "timm", tmp_path / "there")
    with pytest.raises(InputError, match="digits is a ViT's configuration: make it with"):
        ResNet("digits")
    with pytest.raises(InputError, match="R50x1 is a ResNet's configuration"):
        ViT("R50x1")
    assert not (tmp_path / "there").exists()

"""A backbone of convolutions, in front of a hybrid and in a ResNet."""

import numpy as np
import pytest

from minivit import InputError, ViTConfig, parameter_count, variant
from minivit.cli.main import main
from minivit.models import ResNetConfig, class_of, layout_of, parameter_shapes
from minivit.models.variants import VARIANTS

pytestmark = pytest.mark.usefixtures("ops")  # every test runs on both backends


@pytest.mark.parametrize(
    ("name", "count"),
    [
        ("R50+ViT-B/16", 98_659_112),  # the constants of Google's own tests
        ("R50+ViT-L/32", 328_994_856),
        ("R26+ViT-S/32", 36_431_912),
        ("R+ViT-Ti/16", 6_337_704),
        ("R50x1", 25_557_032),  # torchvision's ResNets, with BatchNorm's two for GroupNorm's
        ("R101x1", 44_549_160),
        ("R152x1", 60_192_808),
        ("hybrid-28", 138_746),
    ],
)
def test_parameter_counts(name, count):
    assert parameter_count(variant(name)) == count


def test_batchnorm_in_the_place_of_groupnorm():
    """As torchvision's ResNet-50, whose 53 norms have 26,560 channels."""
    layout = layout_of(variant("R50x1", norm="batch"))
    assert (layout.size, layout.buffers.size) == (25_557_032, 2 * 26_560)


@pytest.mark.parametrize(
    ("name", "sides", "channels"),
    [
        ("R50+ViT-B/16", (14, 14), 1024),
        ("R26+ViT-S/32", (7, 7), 2048),
        ("R+ViT-Ti/16", (56, 56), 64),
        ("R50x2", (7, 7), 4096),
        ("hybrid-28", (7, 7), 128),
        ("hybrid-32", (8, 8), 256),
        ("airbench-28", (4, 4), 128),
        ("airbench-32", (4, 4), 192),
        ("resnet-28", (4, 4), 256),
    ],
)
def test_the_last_map(name, sides, channels):
    config = variant(name)
    assert (config.map_sides, config.map_channels) == (sides, channels)


@pytest.mark.parametrize("name", ["hybrid-28", "resnet-28", "airbench-28"])
def test_the_last_map_is_what_the_configuration_says(name):
    config = variant(name, image=(29, 43))
    model = class_of(config)(config, seed=0)
    trace = model.trace(np.zeros((2, 29, 43, 1)))
    convolutions = 2 if config.unit == "plain" else 3
    last = f"stages.{len(config.stages) - 1}.units.0.relu{convolutions}.y"
    assert trace.values[last].shape == (2, *config.map_sides, config.map_channels)


def test_a_unit_begins_as_its_shortcut():
    config = variant("resnet-28", stages=(2,))
    model = class_of(config)(config, seed=0, dtype=np.float64)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1))
    values = model.trace(images).values
    first, second = (values[f"stages.0.units.{i}.relu3.y"] for i in range(2))
    shortcut = values["stages.0.units.0.shortcut_norm.normed"]
    assert np.array_equal(first, np.maximum(shortcut, 0))
    assert np.array_equal(second, first)  # it has no shortcut of its own: sides and channels stay


def test_filters_of_any_size_and_offset_make_the_same_map():
    config = variant("hybrid-28")
    model = class_of(config)(config, seed=0, dtype=np.float64, zero_head=False)
    images = np.random.default_rng(0).uniform(-1, 1, (2, 28, 28, 1))
    before = model.logits(images)
    for name in model.parameters:
        if name.endswith("filters.w"):
            model.parameters[name] = 300 * model.parameters[name] + 5
    assert np.abs(model.logits(images) - before).max() < 1e-3 * np.abs(before).max()


SMALL = {"image": 28, "channels": 1, "classes": 10}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"root": 0}, "root is 0: expected a whole number from 1, or None"),
        ({"root": 24}, "root is 24 and groups is 32: .* choose groups 8, or a root such as 32"),
        ({"stages": ()}, r"stages is \(\): expected whole numbers from 1, such as \(3, 4, 9\), or"),
        ({"stages": (2, 0)}, r"stages is \(2, 0\): expected whole numbers from 1"),
        ({"root_stride": 8}, "root stride is 8 and root side is 7: the pixels between two stops"),
        ({"image": 6}, "the root's convolution has windows of 7x7, and a map of 6x6 to slide over"),
        ({"image": 7, "stages": (1, 1)}, "stage 1 has windows of 3x3, and a map of 2x2 to slide"),
        ({"stages": (1, 1, 1, 2)}, "stage 4 has windows of 3x3, and a map of 1x1 to slide over: "),
        ({"stages": (400, 601)}, "stages have 1001 units: expected at most 1000"),
        ({"root": 2**38}, "the root's filters would be .* choose a smaller root or root side"),
    ],
)
@pytest.mark.parametrize("base", [ViTConfig, ResNetConfig], ids=["hybrid", "ResNet"])
def test_refused(base, changes, sentence):
    sizes = {"patch": 1, "width": 8, "depth": 1, "heads": 2, "mlp": 8} if base is ViTConfig else {}
    with pytest.raises(InputError, match=sentence):
        base(**{**SMALL, **sizes, "root": 32, **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"patch": 3}, "maps of 7x7 of images of 28x28, and the patch, of 3x3, does not fill them"),
        ({"patch": 8}, "the patch, of 8x8, does not fill them; choose patch 1, which fills every"),
        ({"root": None}, "root side is 3 and root is None: there is no backbone to have it"),
    ],
)
def test_refused_hybrids(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        variant("hybrid-28", **changes)


def test_a_resnet_begins_with_its_root():
    with pytest.raises(InputError, match="root is None: a ResNet begins with its root"):
        ResNetConfig(**SMALL)


def test_a_field_that_a_resnet_has_not(capsys):
    assert main(["info", "R50x1", "--depth", "3"]) == 2
    assert "a ResNet's configuration has no field depth" in capsys.readouterr().err


def test_every_name_of_a_plain_vit_stays():
    for name, config in VARIANTS.items():
        if config.root is None:
            assert not any(key.startswith(("root", "stages")) for key in parameter_shapes(config))
        else:
            place = "root.convolution_filters" if config.norm == "group" else "root.convolution"
            assert next(iter(parameter_shapes(config))) == f"{place}.w", name

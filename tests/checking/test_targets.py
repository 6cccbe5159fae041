import math

import pytest

from minivit import InputError, ViT, save, variant
from minivit.checking.targets import check_on_noise, check_run, check_variant
from minivit.models import shrunk
from minivit.models.variants import VARIANTS

VITS = [name for name, config in VARIANTS.items() if config.family == "ViT"]
WITH_BACKBONE = [name for name, config in VARIANTS.items() if config.root]


@pytest.mark.parametrize("name", VITS)
def test_shrinking_keeps_the_structure(name):
    full, small = variant(name), shrunk(variant(name))
    assert small.heads == full.heads
    assert small.mlp / small.width == full.mlp / full.width
    assert small.depth == 2
    assert small.channels == full.channels
    assert small.width <= 64


@pytest.mark.parametrize("name", WITH_BACKBONE)
def test_shrinking_keeps_the_backbone(name):
    full, small = variant(name), shrunk(variant(name))
    assert (small.root_stride, small.root_pool) == (full.root_stride, full.root_pool)
    assert small.map_channels <= 32 and math.prod(small.image) <= 24 * 36
    assert bool(small.stages) == bool(full.stages)
    assert small.grid == ((3, 4) if full.unit == "plain" else (2, 3))
    assert (small.unit, small.norm) == (full.unit, full.norm)


@pytest.mark.parametrize("name", ["R+ViT-Ti/16", "resnet-28", "airbench-28"])
def test_gradients_behind_a_backbone(name):
    assert check_variant(name).ok


def test_shrinking_keeps_the_options():
    assert shrunk(variant("H/14", pre_logits=1280)).pre_logits < 10
    assert shrunk(variant("H/14", pre_logits=2)).pre_logits == 2
    small = shrunk(variant("H/14", depth=1, pool="mean", qkv_bias=False, gelu="tanh", eps=0.1))
    assert small.depth == 1
    assert (small.pool, small.qkv_bias, small.gelu, small.eps) == ("mean", False, "tanh", 0.1)


@pytest.mark.parametrize(
    "changes",
    [
        {"stride": (1, 2)},
        {"patch": 4, "stride": (2, 4), "patch_norm": True},
        {"heads": 3, "head_width": 32},
        {"heads": 1, "out_projection": False},
        {"heads": 1, "head_width": 64, "out_projection": False},
    ],
)
def test_shrinking_keeps_what_patches_and_heads_are_like(changes):
    full = variant("digits", **changes)
    small = shrunk(full)
    assert (small.patch_norm, small.out_projection) == (full.patch_norm, full.out_projection)
    overlaps = [
        tuple(s < p for s, p in zip(c.stride or c.patch, c.patch, strict=True))
        for c in (small, full)
    ]
    assert overlaps[0] == overlaps[1]
    assert small.grid == ((3, 4) if full.unit == "plain" else (2, 3))
    assert (small.unit, small.norm) == (full.unit, full.norm)
    assert (small.heads_width == small.width) == (full.heads_width == full.width)


def test_a_variant_is_changed_before_it_is_shrunk():
    report = check_variant("digits", changes={"heads": 1, "depth": 1, "positions": "none"})
    assert report.ok
    assert report.remarks[0].endswith(
        "width 4, depth 1, 1 heads, MLP width 8, 5 classes, positions none."
    )
    with pytest.raises(InputError, match="depth is -1: expected a whole number from 0"):
        check_variant("digits", changes={"depth": -1})


def test_a_wrong_gradient_is_found(monkeypatch):
    model = ViT(shrunk(variant("digits", depth=1)), seed=0, dtype="float64")
    assert check_on_noise(model).ok
    backward = ViT.backward

    def wrong(self, *arguments, **options):
        dimages = backward(self, *arguments, **options)
        self.gradients["embed.b"] *= 1.01
        return dimages

    monkeypatch.setattr(ViT, "backward", wrong)
    report = check_on_noise(model)
    assert [row.tensor for row in report.rows if row.verdict == "wrong"] == ["embed.b"]


def test_a_trained_model_is_checked_on_its_own_data(tmp_path):
    model = ViT(variant("digits", depth=1, width=8, mlp=8), zero_head=False)
    model.preprocessing = {"dataset": "digits"}
    save(model, tmp_path / "model.safetensors")
    report = check_run(tmp_path / "model.safetensors")
    assert report.ok and report.remarks[0] == "On 4 test images of digits."
    assert report.title == f"gradient check of {tmp_path / 'model.safetensors'}"


def test_a_mean_over_tokens_is_no_mean_over_classes():
    """The number of tokens is not that of the classes: 1/T and 1/C differ."""
    for name in VARIANTS:
        small = shrunk(variant(name))
        assert small.classes not in (small.tokens, math.prod(small.grid))

"""What a Vision Transformer learns: names, shapes, counts, beginnings, decay."""

import math
from dataclasses import replace

import pytest

from minivit import ViTConfig, parameter_count, variant
from minivit.models import parameter_shapes
from minivit.models.vit import vit_parameters
from minivit.params import Layout


@pytest.mark.parametrize(
    ("name", "count"),  # the constants of Google's own tests
    [
        ("Ti/16", 5_717_416),
        ("S/16", 22_050_664),
        ("S/32", 22_878_952),
        ("B/8", 86_576_872),
        ("B/16", 86_567_656),
        ("B/32", 88_224_232),
        ("L/16", 304_326_632),
        ("L/32", 306_535_400),
        ("H/14", 632_045_800),
    ],
)
def test_parameter_counts(name, count):
    assert parameter_count(variant(name)) == count


def test_parameter_count_with_mean_pooling():
    assert parameter_count(variant("B/16", pool="mean")) == 86_566_120


@pytest.mark.parametrize("pool", ["cls", "mean"])
@pytest.mark.parametrize("qkv_bias", [True, False])
def test_parameter_count_by_formula(pool, qkv_bias):
    c = ViTConfig((4, 6), 3, (2, 3), 8, 3, 2, 20, 5, pool=pool, qkv_bias=qkv_bias)
    D, L, M, C, N, cls = 8, 3, 20, 5, 4, pool == "cls"
    embed = 2 * 3 * 3 * D + D + cls * D + (N + cls) * D
    block = 4 * D * D + (4 if qkv_bias else 1) * D + 2 * D * M + M + D + 4 * D
    assert parameter_count(c) == embed + L * block + 2 * D + D * C + C


@pytest.mark.parametrize(
    ("changes", "more"),  # than without any positions; D = 8, a grid of 2 x 3, 2 blocks
    [
        ({"positions": "learned"}, 7 * 8),
        ({"positions": "learned", "positions_at": "every-layer"}, 2 * 7 * 8),
        ({"positions": "learned", "positions_at": "every-layer-shared"}, 7 * 8),
        ({"positions": "learned-2d"}, (2 + 3) * 4 + 8),
        ({"positions": "learned-2d", "positions_at": "every-layer"}, 2 * ((2 + 3) * 4 + 8)),
        ({"positions": "learned-2d", "positions_at": "every-layer-shared"}, (2 + 3) * 4 + 8),
        ({"positions": "relative"}, 2 * (11 + 3) * 8),  # offsets from -5 to 5; three of cls
        ({"positions": "relative", "positions_at": "every-layer"}, 2 * (11 + 3) * 8),
        ({"positions": "relative", "positions_at": "every-layer-shared"}, (11 + 3) * 8),
    ],
)
def test_parameter_count_of_positions(changes, more):
    sizes = (4, 9), 1, (2, 3), 8, 2, 2, 12, 3
    without = parameter_count(ViTConfig(*sizes, positions="none"))
    assert parameter_count(ViTConfig(*sizes, **changes)) - without == more
    without = parameter_count(ViTConfig(*sizes, positions="none", pool="mean"))
    relative, where = changes["positions"] == "relative", changes.get("positions_at", "input")
    tables = 2 if where == "every-layer" or (relative and where == "input") else 1
    with_mean = parameter_count(ViTConfig(*sizes, **changes, pool="mean"))
    of_cls = 8 * (3 if relative else 1)
    assert with_mean - without == more - of_cls * tables  # no cls token, no position for it


def test_an_axial_block_is_two_blocks():
    config = variant("digits", depth=1, axial=True, positions="none")
    places = dict.fromkeys(name.rpartition(".")[0] for name in parameter_shapes(config))
    assert list(places) == [
        "embed",
        "blocks.0.row_attention",
        "blocks.0.row_mlp",
        "blocks.0.column_attention",
        "blocks.0.column_mlp",
        "norm",
        "head",
    ]
    assert parameter_count(config) == parameter_count(replace(config, depth=2, axial=False))


def test_relative_positions_belong_to_attention_or_to_all_of_them():
    config = variant("digits", depth=2, positions="relative")
    tables = [name for name in parameter_shapes(config) if "offsets" in name]
    assert tables == ["blocks.0.attention.offsets", "blocks.1.attention.offsets"]
    shared = replace(config, positions_at="every-layer-shared")
    tables = [name for name in parameter_shapes(shared) if "offsets" in name]
    assert tables == ["positions.offsets"]
    assert parameter_shapes(shared)["positions.offsets"] == (2 * 17, 64)


@pytest.mark.parametrize("positions", ["sincos", "sincos-2d", "sincos-2d-mae"])
@pytest.mark.parametrize("at", ["input", "every-layer"])
def test_fixed_positions_are_not_learned(positions, at):
    fixed = parameter_shapes(variant("digits", positions=positions, positions_at=at))
    assert fixed == parameter_shapes(variant("digits", positions="none"))


@pytest.mark.parametrize(
    ("changes", "attention"),  # parameters of a block's attention, without its LayerNorm; D = 8
    [
        ({"heads": 3, "head_width": 5}, 8 * 45 + 45 + 15 * 8 + 8),
        ({"heads": 2, "head_width": 4}, 8 * 24 + 24 + 8 * 8 + 8),
        ({"heads": 1, "out_projection": False}, 8 * 24 + 24),
    ],
)
def test_parameter_count_of_heads(changes, attention):
    c = ViTConfig((4, 9), 1, (2, 3), 8, 1, mlp=12, classes=3, **changes)
    shapes = [s for n, s in parameter_shapes(c).items() if n.startswith("blocks.0.attention.")]
    assert sum(map(math.prod, shapes)) == 2 * 8 + attention


def test_parameter_count_of_patch_norm():
    sizes = (4, 9), 1, (2, 3), 8, 2, 2, 12, 3
    more = parameter_count(ViTConfig(*sizes, patch_norm=True)) - parameter_count(ViTConfig(*sizes))
    assert more == 2 * 6 + 2 * 8
    names = [*parameter_shapes(ViTConfig(*sizes, patch_norm=True))][:8]
    assert " ".join(names) == (
        "patch_norm.gamma patch_norm.beta projection.w projection.b projection_norm.gamma "
        "projection_norm.beta embed.cls embed.positions"
    )


def test_names_run_from_the_pixels_to_the_head():
    names = list(parameter_shapes(variant("digits", depth=1)))
    assert names == [
        "embed.w",
        "embed.b",
        "embed.cls",
        "embed.positions",
        "blocks.0.attention.gamma",
        "blocks.0.attention.beta",
        "blocks.0.attention.w_qkv",
        "blocks.0.attention.b_qkv",
        "blocks.0.attention.w_out",
        "blocks.0.attention.b_out",
        "blocks.0.mlp.gamma",
        "blocks.0.mlp.beta",
        "blocks.0.mlp.w1",
        "blocks.0.mlp.b1",
        "blocks.0.mlp.w2",
        "blocks.0.mlp.b2",
        "norm.gamma",
        "norm.beta",
        "head.w",
        "head.b",
    ]


@pytest.mark.parametrize(
    ("changes", "behind_the_blocks"),  # D = 64, T = 16 or 17, C = 10
    [
        ({"pool": "mean", "cls_token": True}, {"norm.gamma": (64,), "norm.beta": (64,),
         "head.w": (64, 10), "head.b": (10,)}),
        ({"pool": "sequence"}, {"norm.gamma": (64,), "norm.beta": (64,), "pool.w": (64, 1),
         "pool.b": (1,), "head.w": (64, 10), "head.b": (10,)}),
        ({"pool": "mean", "norm_after_pool": True, "pre_logits": 7}, {"norm.gamma": (64,),
         "norm.beta": (64,), "pre_logits.w": (64, 7), "pre_logits.b": (7,), "head.w": (7, 10),
         "head.b": (10,)}),
        ({"pool": "sequence", "norm_after_pool": True}, {"pool.w": (64, 1), "pool.b": (1,),
         "norm.gamma": (64,), "norm.beta": (64,), "head.w": (64, 10), "head.b": (10,)}),
        ({"pool": "flatten"}, {"norm.gamma": (64,), "norm.beta": (64,), "head.w": (1024, 10),
         "head.b": (10,)}),
        ({"pool": "flatten", "cls_token": True, "norm_after_pool": True}, {"norm.gamma": (1088,),
         "norm.beta": (1088,), "head.w": (1088, 10), "head.b": (10,)}),
    ],
)  # fmt: skip
def test_names_and_shapes_of_the_heads(changes, behind_the_blocks):
    shapes = parameter_shapes(variant("digits", depth=0, **changes))
    names = [name for name in shapes if not name.startswith("embed.")]
    assert {name: shapes[name] for name in names} == behind_the_blocks
    assert names == [*behind_the_blocks]
    assert ("embed.cls" in shapes) == changes.get("cls_token", False)


def test_the_pre_logits_of_googles_file():
    """B/16 of ImageNet-21k: 103,186,515 numbers (its head has 21,843 classes)."""
    assert parameter_count(variant("B/16", classes=21_843, pre_logits=768)) == 103_186_515


@pytest.mark.parametrize("zero_head", [True, False])
@pytest.mark.parametrize("positions", ["learned-2d", "relative"])
def test_exactly_the_matrices_of_the_linear_maps_are_decayed(zero_head, positions):
    """AdamW leaves biases, LayerNorm, the cls token and all positions alone."""
    config = variant("digits", depth=1, positions=positions, positions_at="every-layer",
                     pool="sequence", cls_token=True, pre_logits=8)  # fmt: skip
    layout = Layout(vit_parameters(config, zero_head=zero_head))
    decayed = [name for name in layout.shapes if layout.is_decayed(name)]
    assert decayed == [
        "embed.w",
        "blocks.0.attention.w_qkv",
        "blocks.0.attention.w_out",
        "blocks.0.mlp.w1",
        "blocks.0.mlp.w2",
        "pool.w",
        "pre_logits.w",
        "head.w",
    ]

"""What a Vision Transformer learns: names, shapes, counts, beginnings, decay."""

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


@pytest.mark.parametrize("zero_head", [True, False])
@pytest.mark.parametrize("positions", ["learned-2d", "relative"])
def test_exactly_the_matrices_of_the_linear_maps_are_decayed(zero_head, positions):
    """AdamW leaves biases, LayerNorm, the cls token and all positions alone."""
    config = variant("digits", depth=1, positions=positions, positions_at="every-layer")
    layout = Layout(vit_parameters(config, zero_head=zero_head))
    decayed = [name for name in layout.shapes if layout.is_decayed(name)]
    assert decayed == [
        "embed.w",
        "blocks.0.attention.w_qkv",
        "blocks.0.attention.w_out",
        "blocks.0.mlp.w1",
        "blocks.0.mlp.w2",
        "head.w",
    ]

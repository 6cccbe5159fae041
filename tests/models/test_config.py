import pytest

from minivit import InputError
from minivit.models.config import (
    VARIANTS,
    ViTConfig,
    parameter_count,
    parameter_shapes,
    variant,
)


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


def test_names_run_from_the_pixels_to_the_head():
    names = list(parameter_shapes(variant("digits", depth=1)))
    assert names == [
        "embed.w",
        "embed.b",
        "embed.cls",
        "embed.positions",
        "blocks.0.norm1.gamma",
        "blocks.0.norm1.beta",
        "blocks.0.attention.w_qkv",
        "blocks.0.attention.b_qkv",
        "blocks.0.attention.w_out",
        "blocks.0.attention.b_out",
        "blocks.0.norm2.gamma",
        "blocks.0.norm2.beta",
        "blocks.0.mlp.w1",
        "blocks.0.mlp.b1",
        "blocks.0.mlp.w2",
        "blocks.0.mlp.b2",
        "norm.gamma",
        "norm.beta",
        "head.w",
        "head.b",
    ]


def test_sizes_that_follow():
    c = ViTConfig((4, 9), 3, (2, 3), 8, 1, 2, 16, 5)
    assert (c.grid, c.patches, c.tokens, c.pixels) == ((2, 3), 6, 7, 18)
    assert variant("digits", pool="mean").tokens == 16


def test_survives_a_dictionary():
    for config in VARIANTS.values():
        assert ViTConfig.from_dict(config.to_dict()) == config


@pytest.mark.parametrize("values", [{"width": 8}, {**VARIANTS["digits"].to_dict(), "wings": 2}])
def test_refuses_another_dictionary(values):
    with pytest.raises(InputError, match="the configuration is not one of a ViT"):
        ViTConfig.from_dict(values)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"heads": 5}, "width is 64 and heads is 5"),
        ({"patch": 3}, "image is 8x8 and patch side is 3: 8 is not a multiple of 3"),
        ({"width": 0}, "width is 0: expected a whole number from 1"),
        ({"mlp": 2.5}, "mlp is 2.5"),
        ({"depth": -1}, "depth is -1"),
        ({"pool": "max"}, "pool is 'max': choose 'cls' or 'mean'"),
        ({"positions": "sine"}, "positions is 'sine'"),
        ({"gelu": "fast"}, "gelu is 'fast': choose 'erf' or 'tanh'"),
        ({"eps": 0}, "eps is 0: expected a small positive number"),
        ({"eps": float("nan")}, "eps is nan"),
        ({"wings": 2}, "has no field wings"),
    ],
)
def test_refuses_sizes_that_do_not_fit(changes, sentence):
    with pytest.raises(InputError, match=sentence):
        variant("digits", **changes)


@pytest.mark.parametrize(
    ("given", "near"), [("b/61", "B/16"), ("digit", "digits"), ("H14", "H/14")]
)
def test_an_unknown_variant_names_the_nearest(given, near):
    with pytest.raises(
        InputError, match=f"unknown variant {given!r}; the nearest name is {near!r}"
    ):
        variant(given)
